"""The example of the page's first section: one unit of this very report in five pictures."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from core_gans.foundation.pixels import Picture
from dissect.measure.dissection import Dissection, Match
from dissect.report.contents import TILE, Colour, Contents
from dissect.report.markup import percent
from dissect.report.sheets import enlarge, heat, region

Mask = npt.NDArray[np.bool_]  # (H, W)

LEVELS = {  # by the dissection's rule
    "score": "Each pair of a unit and a concept has its own, the one at which they agree best beyond chance.",
    "iqr": "Each pair of a unit and a concept has its own, the one at which they tell most of each other.",
    "iou": "Each pair of a unit and a concept has its own, the one at which they agree best.",
}


def level_words(dissection: Dissection) -> str:
    """How the levels of this dissection were found."""
    rule = dissection.rule
    return LEVELS[rule] if isinstance(rule, str) else f"Each unit has one, which {percent(rule)} of its map exceed."


def _chosen(contents: Contents) -> Match | None:
    """The best unit of a small thing, which explains more than a background's; else the best of all."""
    best = [contents.dissection.best(units[0]) for units in contents.plan.values()]
    things = [match for match in best if contents.share(match.concept) < 0.06]
    return max(things or best, key=lambda match: match.score, default=None)


def steps(contents: Contents) -> list[tuple[str, str, Picture]]:
    """The example in five pictures: the name of each, words on it, and the picture; nothing where no unit matches."""
    match = _chosen(contents)
    if match is None:
        return []
    image = int(contents.dissection.top_images[match.unit][0])
    picture, activation = contents.gallery.pictures[image], contents.gallery.maps[match.unit, image]
    concept = contents.dissection.concept(match.concept)
    colour = contents.palette[concept]
    there = contents.gallery.classes[image] == concept
    upsampling = contents.dissection.upsampling
    height, width = there.shape
    on = region(activation, match.level, height, width, upsampling)
    both, either = int((there & on).sum()), int((there | on).sum())
    shown = enlarge(picture, TILE)
    size = shown.shape[1], shown.shape[0]
    return [
        ("The picture", "as the generator drew it.", shown),
        (f"Unit {match.unit}", "its map, enlarged: bright is strong.", heat(activation, *size)),
        ("Its region", "where the map is above the unit’s level.", contents.tiles(match, count=1)[0]),
        (match.concept.capitalize(), "as the segmenter sees it.", _veiled(shown, there, colour)),
        (
            "Both together",
            f"{both} of {either} pixels are in both: an IoU of {both / max(either, 1):.2f} here, and of "
            f"{match.iou:.2f} over all {contents.dissection.images:,} images.",
            _overlap(there, on, colour, size),
        ),
    ]


def _veiled(shown: Picture, there: Mask, colour: Colour) -> Picture:
    """The concept's pixels in its colour over a darkened picture."""
    size = shown.shape[1], shown.shape[0]
    soft = np.asarray(cv2.resize(there.astype(np.float32), size, interpolation=cv2.INTER_LINEAR))[:, :, None]
    cover = np.clip(4 * soft - 1.5, 0, 1)  # the edge through the middle of the step, a pixel or so wide
    return np.asarray(np.rint(0.45 * shown * (1 - cover) + cover * np.array(colour)), dtype=np.uint8)


def _overlap(there: Mask, on: Mask, colour: Colour, size: tuple[int, int]) -> Picture:
    """Where concept and region meet, in the concept's colour; the concept alone darker, the region alone grey."""
    flat = np.full((*there.shape, 3), 24, dtype=np.uint8)
    flat[there & ~on] = np.rint(0.45 * np.array(colour))
    flat[~there & on] = 150
    flat[there & on] = colour
    return np.asarray(cv2.resize(flat, size, interpolation=cv2.INTER_NEAREST), dtype=np.uint8)
