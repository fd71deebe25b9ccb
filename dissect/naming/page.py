"""The names of units written down: names.html and .md for readers, names.json for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from core_gans.foundation.counting import how_many
from core_gans.foundation.whole_files import write_whole
from dissect.naming.names import UnitNames
from dissect.report.written import PageSection, PageTable, WrittenPage

SHOWN = 3  # words of a unit
NUMBERS = "names.json"


def write_names(folder: Path, found: UnitNames, provenance: Mapping[str, str]) -> Path:
    """Write everything into ``folder``, which is made; returns the page. FileExistsError where it is there already."""
    folder.mkdir(parents=True)
    told = []
    for unit, surprise in enumerate(found.surprise.tolist()):
        words = dict(found.best(unit, SHOWN))
        told.append({"unit": unit, "words": words, "surprise": surprise, "sure": found.is_sure(unit)})
    values = {"layer": found.layer, "chance": found.chance, "units": told}
    written = json.dumps({**values, "provenance": dict(provenance)}, indent=1, ensure_ascii=False, allow_nan=False)
    write_whole(folder / NUMBERS, written + "\n")
    page = WrittenPage(
        "Units named by words",
        f"What the units of {found.layer} fire for, in words",
        in_words(found),
        (PageSection("Units", [_explanation(found), _table(found)]),),
        provenance,
        {NUMBERS: "every number", "names.md": "the same page in Markdown"},
    )
    return page.write(folder, "names")


def in_words(found: UnitNames) -> str:
    """How many units have a name that is no chance, and the words that most of them have."""
    sure = [unit for unit in range(len(found.scores)) if found.is_sure(unit)]
    names = Counter(found.best(unit)[0][0] for unit in sure).most_common(8)
    listed = ", ".join(f"{word} ({number})" for word, number in names)
    told = f"{len(sure)} of {how_many(len(found.scores), 'unit')} have a word beyond chance"
    return f"{told}: {listed}." if names else f"{told}."


def _explanation(found: UnitNames) -> str:
    return (
        f"Scores are soft WPMI of {len(found.words):,} words over {found.images:,} pictures. In brackets are names "
        "that fit no better than the best word of random pictures does, in 95 of 100 sets of them."
    )


def _table(found: UnitNames) -> PageTable:
    rows = []
    for unit in range(len(found.scores)):
        words = found.best(unit, SHOWN)
        cells = [f"{word} {score:.2f}" if found.is_sure(unit) else f"({word} {score:.2f})" for word, score in words]
        rows.append([str(unit), *(cells or ["dead"]), *[""] * (SHOWN - max(len(cells), 1))])
    return PageTable(["unit", "word", "second", "third"], rows)
