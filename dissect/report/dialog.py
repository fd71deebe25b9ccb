"""What the sheet of a unit holds, which opens from the table of all units."""

from __future__ import annotations

import numpy as np

from core_gans.foundation.pixels import webp_url
from dissect.measure.dissection import Match
from dissect.report.contents import SHEET, Contents
from dissect.report.sheets import enlarge, outline

SIZE = 128  # pixels across a picture as it is kept; it is shown larger
BEYOND = 9  # pixels by which the dimmed surroundings go beyond the picture, so that their own edge is not seen
OTHERS = 3  # further concepts that a sheet names


def next_best(contents: Contents, match: Match) -> list[tuple[str, float]]:
    """The concepts that the unit agrees with next best, beyond chance, and its score with each."""
    labels, scores = contents.dissection.labels, contents.dissection.score[match.unit]
    ranked = [(labels[place], float(scores[place])) for place in np.argsort(-scores, kind="stable")]
    return [(label, score) for label, score in ranked if score > 0 and label != match.concept][:OTHERS]


def sheet_tiles(contents: Contents, match: Match) -> list[tuple[int, int, int, str]]:
    """Of each picture in which the unit is strongest: number, width, height, and all but the region as a path."""
    tiles = []
    for image in map(int, contents.dissection.top_images[match.unit][:SHEET]):
        rows, columns = contents.gallery.pictures[image].shape[:2]
        width, height = SIZE, max(1, round(rows * SIZE / columns))
        activation = contents.gallery.maps[match.unit, image]
        region = outline(activation, match.level, width, height, contents.dissection.upsampling)
        frame = f"M{-BEYOND} {-BEYOND}H{width + BEYOND}V{height + BEYOND}H{-BEYOND}z"
        tiles.append((image, width, height, f"{frame}{region}"))
    return tiles


def kept_pictures(contents: Contents, quality: int) -> dict[int, str]:
    """The pictures of all sheets by number, as addresses that hold them; each is in the page once."""
    shown = sorted({int(image) for image in contents.dissection.top_images[:, :SHEET].ravel()})
    return {image: webp_url(enlarge(contents.gallery.pictures[image], SIZE), quality) for image in shown}
