"""How many, in words."""

from __future__ import annotations


def how_many(number: int, noun: str) -> str:
    """``1 unit``, ``2 units``, ``1,000 units``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
