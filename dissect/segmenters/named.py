"""The one explicit list of segmenters that are asked for by a name."""

from __future__ import annotations

from core_gans import shipped
from dissect.segmenters.named_segmenter import NamedSegmenter, Shape
from dissect.segmenters.strokes import StrokeSegmenter
from dissect.segmenters.unet import UNetSegmenter

SIDE = shipped.SCENES["scenes"]  # of the pictures that it learned from, at which it sees larger ones, too
SCENES = NamedSegmenter(
    "scenes-segmenter",
    "Landscapes",
    "A small network that learned the lab's landscapes from their exact masks: sky, tree, door and so on.",
    lambda: UNetSegmenter.load(shipped.path("scenes-segmenter"), size=SIDE),
    sees=lambda shape: shape in {(3, side, side) for side in shipped.SCENES.values()},
    fits=lambda shape, data: (
        "This model draws such landscapes, so it fits."
        if data == shipped.DATA
        else "This model learned from other pictures: what they show it will mistake for what it knows."
    ),
)

STROKES = NamedSegmenter(
    "strokes",
    "Strokes",
    "Nothing learned: what is brighter than the ground is a stroke; loops, outlines and ends follow from it.",
    StrokeSegmenter,
    fits=lambda shape, data: (
        "It fits bright drawings on dark ground, such as digits."
        if shape[0] == 1
        else "Made for drawings in one colour: in colour pictures it only tells bright from dark."
    ),
)

SEGMENTERS: dict[str, NamedSegmenter] = {each.name: each for each in (SCENES, STROKES)}
"""The segmenters by name; those that know more of what they see go first."""


def seeing(shape: Shape) -> dict[str, NamedSegmenter]:
    """The segmenters offered for pictures of ``shape`` (C, H, W); the one that suits the shape first."""
    return {name: each for name, each in SEGMENTERS.items() if each.sees(tuple(shape))}
