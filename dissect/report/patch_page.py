"""Activation patching written down: a page that stands alone, a table as CSV, every number as JSON, PNG pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isnan
from pathlib import Path

from torch import nn

from core_gans.foundation.html import filled
from core_gans.foundation.pixels import Picture, write_png
from core_gans.foundation.whole_files import write_whole
from dissect.cause.pairs import Pairs
from dissect.cause.patching import PatchEffect, PatchEffects, group_name
from dissect.cause.regions import EVERYWHERE, OUTSIDE, UNDER
from dissect.report.markup import photo
from dissect.report.page import styles
from dissect.report.tables import Cell, Table, write_csv
from dissect.segmenters.protocol import Segmenter

PAGE = "patching.html"
PAIRS = 6  # that are shown
QUALITY = 86
MEASURES = {
    "appeared": "of the pixels that show the thing in the source and not in the target, the share that shows it now",
    "random_appeared": "the same, patched from a donor, whose picture does not show it",
    "beyond": "appeared less random_appeared, pair by pair",
    "others": "the sizes of the other classes’ net changes, summed, as a share of the picture",
    "random_others": "the same, patched from a donor",
}


def write_patching(
    folder: str | Path,
    effects: PatchEffects,
    pairs: Pairs,
    generator: nn.Module,
    segmenter: Segmenter,
    *,
    facts: Mapping[str, str],
) -> Path:
    """Write everything into the new ``folder``; returns the page. The pictures show the first of ``pairs``.

    Raises FileExistsError where the folder is there already.
    """
    from dissect.report.patch_pictures import heat_maps, pairs_sheet, patch_sheet  # with matplotlib: it takes a second

    few = Pairs(*(each[:PAIRS] for each in (pairs.sources, pairs.targets, pairs.donors)))
    pictures = {
        "heat": heat_maps(effects),
        "pairs": pairs_sheet(generator, effects, few, segmenter),
        "sheet": patch_sheet(generator, effects, few, segmenter),
    }
    folder = Path(folder)
    folder.mkdir(parents=True)
    for name, picture in pictures.items():
        write_png(folder / f"{name}.png", picture)
    write_csv(folder, [_table(effects)])
    numbers = {
        "provenance": dict(facts),
        "concept": effects.concept,
        "pairs": effects.pairs,
        "grid": effects.grid,
        "effects": [effect.to_dict() for effect in effects.effects],
    }
    write_whole(folder / "patching.json", json.dumps(numbers, indent=1, allow_nan=False) + "\n")
    return write_whole(folder / PAGE, _page(effects, pictures, facts))


def answer(effects: PatchEffects) -> str:
    """One sentence: which layer carries most of the thing under its box, and how much of it a donor brings."""
    best = max((effects.of(group, UNDER) for group in effects.groups), key=lambda effect: effect.appeared.value)
    told = (
        f"{group_name(best.layers)} carries most under the box of the {effects.concept}: {best.appeared:.0%} of it "
        f"appears, from random donors {best.random_appeared:.0%}"
    )
    sure = best.carries or isnan(best.beyond.low)  # of few pairs the interval says that they are too few
    return told if sure else f"no layer carries the {effects.concept} beyond the random donors; {told}"


def _page(effects: PatchEffects, pictures: Mapping[str, Picture], facts: Mapping[str, str]) -> str:
    rows = [
        (group_name(group), effect)
        for group in effects.groups
        for effect in (*(effects.of(group, region) for region in (UNDER, OUTSIDE, EVERYWHERE)), _best(effects, group))
    ]
    return filled(
        "dissect.report",
        "patching.html.j2",
        styles=styles("written.css"),
        effects=effects,
        answer=answer(effects),
        rows=rows,
        facts=facts,
        pictures=pictures,
        photo=lambda name, alt: photo(pictures[name], QUALITY, alt),
    )


def _best(effects: PatchEffects, group: tuple[str, ...]) -> PatchEffect:
    """The place of the grid that carries most."""
    places = [effect for effect in effects.effects if effect.layers == group and "," in effect.region]
    return max(places, key=lambda effect: effect.appeared.value)


def _table(effects: PatchEffects) -> Table:
    columns = {"layers": "patched together", "region": "where: beside the box, the row and column of the grid"}
    for name, meaning in MEASURES.items():
        columns |= {name: meaning}
        columns |= {f"{name}_{end}": f"the {end} end of its 95% interval" for end in ("low", "high")}
    rows: list[list[Cell]] = [
        [group_name(effect.layers), effect.region, *(number for name in MEASURES for number in getattr(effect, name))]
        for effect in effects.effects
    ]
    return Table("patching.csv", "a group of layers patched in one region", columns, rows)
