"""What holds over generators and seeds as a page, with every number in JSON beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from core_gans.foundation.counting import how_many
from core_gans.foundation.whole_files import write_whole
from dissect.findings.holding import Case, Held, Spread, as_json, what_holds
from dissect.report.written import PageSection, PageTable, WrittenPage

NUMBERS = "compared.json"


def write_holding(folder: Path, cases: Sequence[Case], provenance: Mapping[str, str]) -> Path:
    """Write compared.html, .md and .json into ``folder``, which is made; returns the page.

    Raises FileExistsError where the folder is there already.
    """
    folder.mkdir(parents=True)
    told = json.dumps({**as_json(cases), "provenance": dict(provenance)}, indent=1, ensure_ascii=False, allow_nan=False)
    write_whole(folder / NUMBERS, told + "\n")
    rows = what_holds(cases)
    page = WrittenPage(
        "What holds over generators and seeds",
        f"{how_many(len({case.generator for case in cases}), 'generator')}, {how_many(len(cases), 'case')}",
        in_words(rows),
        (
            PageSection("Concepts", [concept_table(rows), *_remarks(rows)]),
            PageSection("Cases", [case_table(cases)]),
        ),
        provenance,
        {NUMBERS: "every number", "compared.md": "the same page in Markdown"},
    )
    return page.write(folder, "compared")


def in_words(rows: Sequence[Held]) -> str:
    """In how many cases concepts have units: ``Units stand for sky in all 4 cases; for tree in 3; for sun in none.``"""
    cases = rows[0].cases
    where = {0: "none", cases: f"all {cases} cases" if cases > 1 else "the one case"}
    by: dict[int, list[str]] = {}
    for row in rows:
        by.setdefault(row.having, []).append(row.concept)
    parts = [f"for {', '.join(concepts)} in {where.get(having, having)}" for having, concepts in by.items()]
    return f"Units stand {'; '.join(parts)}."


def concept_table(rows: Sequence[Held]) -> PageTable:
    """A row for each concept; columns about seeds where there are several."""
    seeds = any(row.seeds is not None or row.same is not None for row in rows)
    heads = ["concept", "has units in", "best IoU", "gone without its units", "without random ones"]
    heads += ["IoU varies over seeds by", "the same units at all seeds"] if seeds else []
    told = []
    for row in rows:
        cells = [row.concept, f"{row.having} of {row.cases}", _number(row.iou, ".3f")]
        cells += [_number(row.removed, "z.0%"), _number(row.random, "z.0%")]
        if seeds:
            cells.append("" if row.seeds is None else f"{row.seeds:.3f}")
            cells.append("" if row.same is None else f"{row.same:.0%}")
        told.append(cells)
    return PageTable(heads, told, "In brackets: the standard deviation over cases.")


def case_table(cases: Sequence[Case]) -> PageTable:
    """A row for each case: the layer that was chosen, and how many of its units stand for which concepts."""
    rows = []
    for case in cases:
        units = {concept: len(case.concepts[concept].units) for concept in case.having}
        told = ", ".join(f"{concept} {number}" for concept, number in units.items())
        rows.append([case.generator, str(case.seed), case.layer, f"{sum(units.values())} of {case.units}", told])
    return PageTable(["generator", "seed", "layer", "units matched", "of these for"], rows)


def _remarks(rows: Sequence[Held]) -> list[str]:
    unseen = [row.concept for row in rows if not row.shown]
    return [f"No image shows {', '.join(unseen)}."] if unseen else []


def _number(found: Spread | None, form: str) -> str:
    if found is None:
        return ""
    return f"{found.mean:{form}}" + ("" if found.deviation is None else f" (± {found.deviation:{form}})")
