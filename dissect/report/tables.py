"""The report's numbers as CSV files, and the README that says what each file and each column holds."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core_gans.foundation.intervals import Change
from core_gans.foundation.whole_files import write_whole
from dissect.cause.causal import CausalEffect
from dissect.measure.dissection import Dissection
from dissect.report import curves, layers
from dissect.report.faults import faults as faults_of

Cell = str | int | float
WHERE = {"unit": "the unit, from 0", "concept": "the concept’s name"}
PAIR = {
    "score": "chance-corrected IoU: 0 as with another picture, 1 perfect",
    "iou": "intersection over union, from 0 to 1, over all pictures together",
    "iqr": "information quality ratio, from 0 to 1",
    "level": "the unit is on where its map is strictly above; in the unit’s own activation",
    "area": "share of all pixels where it is on at that level, from 0 to 1",
}
CHANGES = {  # of a share of the pixels looked at, but for those whose meaning says otherwise
    "ablation": "units removed, less untouched",
    "insertion": "units set high, less untouched",
    "ace": "units set high, less units removed: the average causal effect",
    "relative": "ablation relative to the concept’s own pixels, from -1, all gone",
    "random_ablation": "as many random units removed, less untouched",
    "random_insertion": "as many random units set high, less untouched",
    "random_ace": "random units set high, less removed",
    "random_relative": "random ablation relative to the concept’s own pixels",
}
ELSEWHERE = {  # of an effect whose units were said to stand for a concept; else empty
    "net": "ablation relative to the concept’s own pixels, counted only where the ablated concept was not before",
    "lost": "minus the part of the concept’s pixels, counted there, that show something else now",
    "random_net": "net, of random units",
}


@dataclass(frozen=True)
class Table:
    """A CSV file: its name, what a row is, its columns with their meaning, and the rows in that order."""

    name: str
    row: str
    columns: Mapping[str, str]
    rows: Iterable[Sequence[Cell]]


def tables(
    dissection: Dissection, effects: Sequence[CausalEffect], compared: Mapping[str, Dissection]
) -> Iterator[Table]:
    """Every table of the report; those that would have no row are left out."""
    yield _units(dissection)
    yield _concepts(dissection)
    yield _pairs(dissection)
    columns = WHERE | {"level": PAIR["level"], "iou": "IoU with the unit’s best concept at that level"}
    yield Table("curves.csv", "a unit at one of its levels", columns, curves.rows(dissection))
    if effects:
        yield _causes(effects)
    if len(compared) > 1:
        yield _layers(compared)


def write_csv(folder: Path, written: Sequence[Table]) -> None:
    """Write each table into ``folder``, in UTF-8; numbers with all their digits."""
    for table in written:
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(table.columns)
        writer.writerows(table.rows)
        write_whole(folder / table.name, text.getvalue())


def readme(title: str, written: Sequence[Table]) -> str:
    """What lies in the report's folder, in Markdown."""
    parts = [
        f"# {title}\n\n- `report.html`: the report, for a browser; it needs no other file and no network\n"
        "- `report.json`: every number, the arrays by the names of `dissect.Dissection`; `null` stands for a number "
        "that is not finite\n- `replay.py`: does the dissection again and compares it with `report.json`\n"
        "- `sheets/`: the pictures in which a unit is strongest, its region outlined\n"
        "- `edits/`: pictures before and after the units were removed, without loss\n\n"
        "In the tables below, a number that is not finite is `nan`, `inf` or `-inf`, and a cell is empty where nothing "
        "was measured.\n"
    ]
    for table in written:
        columns = "".join(f"| `{name}` | {meaning} |\n" for name, meaning in table.columns.items())
        parts.append(f"\n## {table.name}\n\nA row is {table.row}.\n\n| column | meaning |\n|---|---|\n{columns}")
    return "".join(parts)


def _units(dissection: Dissection) -> Table:
    faults = faults_of(dissection)
    columns = {
        "unit": WHERE["unit"],
        "concept": "the concept it agrees with best",
        "matched": "yes if it passes the criterion",
        **PAIR,
        "peak": "the unit’s maximum over all pictures",
        "high": "the unit’s 99th percentile",
        "fault": "dead: it never changes; NaN: it puts out numbers that are not finite; else empty",
        "top_images": "the pictures in which it is strongest, by their place in the sample, strongest first",
    }
    rows: list[list[Cell]] = []
    for unit in range(dissection.count):
        match = dissection.best(unit)
        area = float(dissection.area[unit, dissection.concept(match.concept)])
        numbers = [match.score, match.iou, match.iqr, match.level, area]
        extremes = [float(dissection.peak[unit].max()), float(dissection.high[unit])]
        tops = " ".join(str(int(image)) for image in dissection.top_images[unit])
        said = "yes" if match.matched else "no"
        rows.append([unit, match.concept, said, *numbers, *extremes, faults.get(unit, ""), tops])
    return Table("units.csv", "a unit", columns, rows)


def _concepts(dissection: Dissection) -> Table:
    columns = {
        "concept": WHERE["concept"],
        "share": "share of all pixels, from 0 to 1",
        "matched": "how many units match it",
        "best_unit": "the unit with the highest score, matched or not",
        "best_score": "its score",
        "best_iou": "its IoU",
        "units": "the matching units, best first",
    }
    rows: list[list[Cell]] = []
    for place, concept in enumerate(dissection.labels):
        units = dissection.units(concept)
        best = int(dissection.score[:, place].argmax())
        rows.append(
            [
                concept,
                float(dissection.share[place]),
                len(units),
                best,
                float(dissection.score[best, place]),
                float(dissection.iou[best, place]),
                " ".join(map(str, units)),
            ]
        )
    return Table("concepts.csv", "a concept", columns, rows)


def _pairs(dissection: Dissection) -> Table:
    means = {
        "inside": "the unit’s mean where the concept is",
        "outside": "the unit’s mean where the concept is not",
    }
    arrays = [getattr(dissection, name).tolist() for name in (*PAIR, *means)]
    rows = (
        [unit, concept, *(array[unit][place] for array in arrays)]
        for unit in range(dissection.count)
        for place, concept in enumerate(dissection.labels)
    )
    return Table("pairs.csv", "a pair of a unit and a concept", WHERE | PAIR | means, rows)


def _causes(effects: Sequence[CausalEffect]) -> Table:
    columns = {
        "effect": "the place of the set of units in report.json, from 0",
        "layer": "the layer of the units",
        "units": "the units that were changed together",
        "images": "in how many pictures",
        "concept": WHERE["concept"],
        "before": "the concept’s share of the pixels looked at, untouched, from 0 to 1",
    }
    for name, meaning in (CHANGES | ELSEWHERE).items():
        columns |= {name: f"mean change: {meaning}"}
        columns |= {f"{name}_{end}": f"the {end} end of its 95% interval" for end in ("low", "high")}
    columns["behind"] = "the part of the vanished pixels of the ablated concept that shows this concept now"
    rows: list[list[Cell]] = []
    for number, effect in enumerate(effects):
        units = " ".join(map(str, effect.units))
        changes: list[Change | None] = [getattr(effect, name) for name in CHANGES]
        found = effect.collateral
        changes += [None if found is None else getattr(found, name) for name in ELSEWHERE]
        for place, concept in enumerate(effect.labels):
            numbers = [cell for change in changes for cell in _interval(change, place)]
            behind = "" if found is None else float(found.behind[place])
            before = float(effect.before[place])
            rows.append([number, effect.layer, units, effect.images, concept, before, *numbers, behind])
    return Table("causes.csv", "a concept under one change of units", columns, rows)


def _interval(change: Change | None, place: int) -> list[Cell]:
    if change is None:
        return ["", "", ""]
    return [float(change.mean[place]), float(change.low[place]), float(change.high[place])]


def _layers(compared: Mapping[str, Dissection]) -> Table:
    columns = {
        "layer": "the layer’s name",
        "concept": WHERE["concept"],
        "units": "units of the layer",
        "matched": "units of the layer that match this concept",
    }
    rows: list[list[Cell]] = [
        [layer, concept, dissection.count, number]
        for layer, dissection in compared.items()
        for concept, number in layers.units_of(dissection).items()
    ]
    return Table("layers.csv", "a layer and a concept", columns, rows)
