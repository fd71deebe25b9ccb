"""How a variant is explained to a student: a title, a paragraph, and both players' losses."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Told:
    """What the code of a variant does not say of itself. Formulas are in the notation of ``mathml``, a line each."""

    title: str
    idea: str
    discriminator: tuple[str, ...]
    generator: tuple[str, ...]
    further: str = ""
    """What else is trained, or needs a word; empty where there is nothing."""
