"""Who says what each pixel shows: the segmenters to choose from, and which of them fits which pictures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from core_gans import shipped
from core_gans.foundation.names import unknown_name
from dissect import Segmenter
from dissect.segmenters.strokes import StrokeSegmenter
from dissect.segmenters.unet import UNetSegmenter

SCENES, STROKES = "scenes-segmenter", "strokes"
TITLES = {SCENES: "Landscapes", STROKES: "Strokes"}
SCENE = (3, 64, 64)  # the pictures that the U-Net learned from
Colour = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class SegmenterChoice:
    """A segmenter by its name, and a colour for each of its labels."""

    name: str
    segmenter: Segmenter
    colours: tuple[Colour, ...]


def eyes_for(shape: tuple[int, ...]) -> tuple[str, ...]:
    """The names of those that can look at pictures of ``shape`` (C, H, W); the one that suits the shape first."""
    return (SCENES, STROKES) if tuple(shape) == SCENE else (STROKES,)


def why(name: str, shape: tuple[int, ...], data: str) -> str:
    """What the eye called ``name`` is, and whether it fits pictures of ``shape`` like those of ``data``; plain text."""
    if name == SCENES:
        about = "A small network that learned the lab's landscapes from their exact masks: sky, tree, door and so on."
        if data == shipped.DATA:
            return f"{about} This model draws such landscapes, so it fits."
        return f"{about} This model learned from other pictures: what they show it will mistake for what it knows."
    about = "Nothing learned: what is brighter than the ground is a stroke; loops, outlines and ends follow from it."
    if shape[0] == 1:
        return f"{about} It fits bright drawings on dark ground, such as digits."
    return f"{about} Made for drawings in one colour: in colour pictures it only tells bright from dark."


@lru_cache(maxsize=2)
def eye(name: str) -> SegmenterChoice:
    """The eye called ``name``. ValueError when there is none; LabError when its file is missing or damaged."""
    if name == SCENES:
        unet = UNetSegmenter.load(shipped.path(SCENES))
        return SegmenterChoice(name, unet, tuple(_rgb(colour) for colour in unet.colours or ()))
    if name == STROKES:
        strokes = StrokeSegmenter()
        return SegmenterChoice(name, strokes, tuple(_rgb(colour) for colour in strokes.colours))
    raise unknown_name("segmenter here", str(name)[:80], TITLES)


def _rgb(colour: tuple[int, ...]) -> Colour:
    red, green, blue = colour
    return red, green, blue
