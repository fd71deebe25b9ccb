"""What a report shows: which units, in which pictures, in which colours."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core_gans.foundation.pixels import Picture
from dissect.measure.dissection import Dissection, Match
from dissect.report.gallery import Gallery
from dissect.report.sheets import outlined
from dissect.report.stories import Story

Colour = tuple[int, int, int]  # red, green, blue, 0 to 255

SAMPLES = 8
SHEET = 8  # pictures of a unit's sheet
SHEETS = 72  # in one page, at most
TILE = 192  # pixels across a picture of a sheet
THUMB = 80  # and of one in the table of all units
THUMBS = 3
THUMBED_UNITS = 512  # the table of a larger layer comes without pictures and without sheets to open


@dataclass(frozen=True)
class Contents:
    """All that the page shows. ``plan`` names the units of each concept that get a sheet, best first."""

    title: str
    dissection: Dissection
    palette: Sequence[Colour]  # one a label
    gallery: Gallery
    samples: Sequence[int]  # images
    plan: Mapping[str, Sequence[int]]
    stories: Sequence[Story]
    provenance: Mapping[str, str]
    layers: Mapping[str, Dissection]  # all that were dissected with the same images, from the first to the last

    def colours_of_classes(self) -> Picture:
        """The colours (K + 1, 3) to index with classes: the last is grey, for class -1, "none of them"."""
        return np.array([*self.palette, (128, 128, 128)], dtype=np.uint8)

    def colour(self, concept: str) -> str:
        """The concept's colour for CSS."""
        return css(self.palette[self.dissection.concept(concept)])

    def anchor(self, concept: str) -> str:
        """The name of the concept's place in the page."""
        return f"concept-{self.dissection.concept(concept)}"

    def share(self, concept: str) -> float:
        """The share of the pixels, in [0, 1]."""
        return float(self.dissection.share[self.dissection.concept(concept)])

    def area(self, match: Match) -> float:
        """The share of the pixels where the unit is on, in [0, 1]."""
        return float(self.dissection.area[match.unit, self.dissection.concept(match.concept)])

    def tiles(self, match: Match, width: int = TILE, count: int = SHEET) -> list[Picture]:
        """The unit's best images, strongest first, its region outlined: at most ``count``."""
        images = [int(image) for image in self.dissection.top_images[match.unit][:count]]
        maps, pictures = self.gallery.maps, self.gallery.pictures
        line = 1.5 if width >= TILE else 1.0
        return [
            outlined(pictures[i], maps[match.unit, i], match.level, width, line, self.dissection.upsampling)
            for i in images
        ]


def css(colour: Colour) -> str:
    """A colour as CSS writes it: #rrggbb."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def chosen_palette(colours: Sequence[Sequence[int]] | None, count: int) -> list[Colour]:
    """``colours`` checked, or ``count`` of our own: hues evenly spread, neighbours told apart by their lightness."""
    if colours is None:
        spread = (colorsys.hls_to_rgb(i / count, (0.62, 0.45, 0.75)[i % 3], 0.62) for i in range(count))
        return [(round(255 * r), round(255 * g), round(255 * b)) for r, g, b in spread]
    if len(colours) != count:
        raise ValueError(f"expected one colour for each of the {count} labels, got {len(colours)}")
    for colour in colours:
        if len(colour) != 3 or not all(0 <= int(part) <= 255 for part in colour):
            raise ValueError(f"expected colours as (red, green, blue) from 0 to 255, got {tuple(colour)}")
    return [(int(r), int(g), int(b)) for r, g, b in colours]


def chosen_units(dissection: Dissection, most: int) -> dict[str, list[int]]:
    """The units to show with a sheet, by concept: fewer each, then fewer concepts, where there are too many."""
    units = {concept: found for concept in dissection.labels if (found := dissection.units(concept))}
    while most > 1 and sum(len(found[:most]) for found in units.values()) > SHEETS:
        most -= 1
    with_most_units = sorted(units, key=lambda concept: -len(units[concept]))[:SHEETS]
    return {concept: units[concept][:most] for concept in with_most_units}


def wanted_images(
    dissection: Dissection, plan: Mapping[str, Sequence[int]], samples: Sequence[int]
) -> dict[int, set[int]]:
    """The images to draw, and for each the units whose maps are needed."""
    wanted: dict[int, set[int]] = {image: set() for image in samples}
    everyone = range(dissection.count) if dissection.count <= THUMBED_UNITS else ()
    for unit in {*everyone, *(unit for units in plan.values() for unit in units)}:
        for image in dissection.top_images[unit][:SHEET]:
            wanted.setdefault(int(image), set()).add(unit)
    return wanted
