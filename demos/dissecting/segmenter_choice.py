"""A segmenter that is open: who says what each pixel shows, and in which colours. ``dissect.segmenters.named`` has the
list to choose from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from core_gans.foundation.names import require_known
from dissect import Segmenter
from dissect.segmenters.named import SEGMENTERS

Colour = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class SegmenterChoice:
    """A segmenter by its name, and a colour for each of its labels, if it has some."""

    name: str
    segmenter: Segmenter
    colours: tuple[Colour, ...]


@lru_cache(maxsize=4)
def segmenter_choice(name: str) -> SegmenterChoice:
    """The segmenter called ``name``. ValueError when there is none; LabError when its file is missing or damaged."""
    require_known("segmenter here", name, SEGMENTERS)
    segmenter = SEGMENTERS[name].make()
    colours = getattr(segmenter, "colours", None) or ()
    return SegmenterChoice(name, segmenter, tuple(cast(Colour, tuple(colour)) for colour in colours))
