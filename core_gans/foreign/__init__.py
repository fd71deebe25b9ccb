"""Generators that other people trained: their weights under their names, read into this lab's networks."""

from core_gans.foreign.progressive import load_progressive, progressive_from

__all__ = ["load_progressive", "progressive_from"]
