"""Generators that other people trained: their weights under their names, read into networks of this lab."""

from core_gans.foreign.progressive import load_progressive, progressive_from
from core_gans.foreign.published import PUBLISHED, Published, layout_of, open_published

__all__ = ["PUBLISHED", "Published", "layout_of", "load_progressive", "open_published", "progressive_from"]
