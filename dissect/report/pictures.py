"""The report's pictures as PNG files: the sheets of units, and images before and after units were removed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core_gans.foundation.pixels import write_png
from core_gans.foundation.sheets import tiled
from dissect.report.contents import Contents
from dissect.report.stories import Story


def write_sheets(folder: Path, contents: Contents) -> None:
    """A sheet for each unit of the plan: ``CONCEPT-RANK-unit-NUMBER.png`` in the new ``folder``."""
    folder.mkdir()
    for concept, units in contents.plan.items():
        word = _word(concept, f"concept-{contents.dissection.concept(concept)}")
        for rank, unit in enumerate(units, start=1):
            sheet = tiled(contents.tiles(contents.dissection.best(unit)), columns=4, gap=6)
            write_png(folder / f"{word}-{rank}-unit-{unit:04d}.png", sheet)


def edit_of(place: int, story: Story) -> dict[str, Any]:
    """What ``report.json`` says of a story's pictures: the edit that made them, and the files they are in."""
    names = _names(place, story)
    return {
        "layer": story.layer,
        "units": list(story.units),
        "concept": story.concept,
        "edit": "ablate",
        "images": [pair.image for pair in story.pairs],
        "before": [f"edits/{before}" for before, _ in names],
        "after": [f"edits/{after}" for _, after in names],
    }


def _names(place: int, story: Story) -> list[tuple[str, str]]:
    """For each pair the names of its two pictures."""
    start = f"{place + 1}-{_word(story.concept, 'concept')}"
    stems = [f"{start}-picture-{pair.image:05d}" for pair in story.pairs]
    return [(f"{stem}-before.png", f"{stem}-after.png") for stem in stems]


def write_edits(folder: Path, told: Sequence[Story]) -> None:
    """The pictures before and after each story's edit, in the new ``folder``; nothing where there are no stories."""
    if told:
        folder.mkdir()
    for place, story in enumerate(told):
        for (before, after), pair in zip(_names(place, story), story.pairs, strict=True):
            write_png(folder / before, pair.before)
            write_png(folder / after, pair.after)


def _word(concept: str, otherwise: str) -> str:
    """The concept as part of a file's name."""
    return re.sub(r"[^a-z0-9]+", "-", concept.lower()).strip("-") or otherwise
