"""The table of all units, and the buttons that choose the concepts it shows. Sorted and filtered by units.js."""

from __future__ import annotations

from html import escape
from importlib.resources import files

import gradio as gr
import numpy as np

from demos.dissecting.open_dissection import OpenDissection
from dissect import Match
from dissect.report.faults import faults as faults_of
from dissect.report.markup import percent

COLUMNS = (  # data attribute, heading, what it is
    ("unit", "Unit", "Its number in the layer"),
    ("concept", "Draws", "The concept it agrees with best"),
    ("iou", "IoU", "Overlap of its region with the concept: intersection over union"),
    ("score", "Score", "The overlap beyond what other pictures would give: 0 as by chance, 1 perfect"),
    ("area", "On in", "The share of all pixels where it is on"),
)
NONE = "no concept"


def units_table(value: str, elem_id: str) -> gr.HTML:
    """The table; its event ``select`` brings ``unit``, a number. ``value`` comes from :func:`content`."""
    script = files("demos.dissecting").joinpath("units.js").read_text(encoding="utf-8")
    return gr.HTML(value, js_on_load=script, apply_default_css=False, elem_id=elem_id)


def content(specimen: OpenDissection, chosen: int) -> str:
    """Chips and table of all units, ``chosen`` being the one whose sheet is open."""
    found = specimen.dissection
    faults = faults_of(found)
    rows = "".join(_row(specimen, found.best(unit), faults.get(unit, ""), chosen) for unit in range(found.count))
    heads = "".join(
        f'<th scope="col" data-column="{name}" aria-sort="{"descending" if name == "score" else "none"}">'
        f'<button type="button" title="{about}">{head}</button></th>'
        for name, head, about in COLUMNS
    )
    return (
        f"{_chips(specimen)}"
        '<p class="units-told" role="status"></p>'
        '<div class="units-scroll" role="region" aria-label="All units of the layer">'
        f'<table class="units"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
        '<p class="units-keys">IoU is the overlap of where the unit is on and where the thing is; the '
        "score is what of it lies beyond chance. Choose a unit to open its sheet; the arrow keys go on to the next.</p>"
    )


def summary(specimen: OpenDissection) -> str:
    """How many units of the layer stand for something, in a sentence or two."""
    found = specimen.dissection
    matched = found.matched()
    names = {match.concept for match in matched}
    if not matched:
        told = f"<b>None</b> of the {found.count} units of {escape(found.layer)} passes for any concept."
    else:
        told = (
            f"<b>{len(matched)} of {found.count}</b> units of {escape(found.layer)} stand for something the segmenter "
            f"can name: <b>{len(names)}</b> different things."
        )
    date = escape(found.provenance.get("date", ""))
    return f"<p>{told} Measured on {found.images:,} pictures{f', {date}' if date else ''}.</p>"


def _chips(specimen: OpenDissection) -> str:
    found = specimen.dissection
    counts = {label: len(units) for label in found.labels if (units := found.units(label))}
    without = found.count - sum(counts.values())
    parts = [_chip("", f"all <span>{found.count}</span>", "", pressed=True)]
    parts += [
        _chip(label, f"{escape(label)} <span>{count}</span>", specimen.colour(label))
        for label, count in sorted(counts.items(), key=lambda item: -item[1])
    ]
    if without:
        parts.append(_chip(NONE, f"{NONE} <span>{without}</span>", ""))
    of = escape(f"{specimen.subject.key}/{found.layer}")
    return f'<div class="chips" data-of="{of}" role="group" aria-label="Show the units of">{"".join(parts)}</div>'


def _chip(concept: str, text: str, colour: str, pressed: bool = False) -> str:
    dot = f'<i style="background:{colour}"></i>' if colour else ""
    state = "true" if pressed else "false"
    return f'<button type="button" data-concept="{escape(concept)}" aria-pressed="{state}">{dot}{text}</button>'


def _row(specimen: OpenDissection, match: Match, fault: str, chosen: int) -> str:
    found = specimen.dissection
    area = _finite(found.area[match.unit, found.concept(match.concept)])
    iou, score = _finite(match.iou), _finite(match.score)
    concept = match.concept if match.matched else NONE
    here = match.unit == chosen
    current = ' aria-current="true"' if here else ""
    shown = escape(fault or match.concept)
    return (
        f'<tr data-unit="{match.unit}" data-concept="{escape(concept)}" data-iou="{iou:.6f}" data-score="{score:.6f}" '
        f'data-area="{area:.6f}" class="{"" if match.matched else "weak"}"{current}>'
        f'<th scope="row"><button type="button" tabindex="{0 if here else -1}" aria-label="Unit {match.unit}, '
        f'{escape(match.concept)}">{match.unit}</button></th>'
        f'<td class="draws"><i style="background:{specimen.colour(match.concept)}"></i>{shown}</td>'
        f'<td class="bar" style="--share:{min(max(iou, 0), 1):.3f}">{iou:.3f}</td>'
        f'<td class="bar" style="--share:{min(max(score, 0), 1):.3f}">{score:.3f}</td>'
        f"<td>{percent(area)}</td></tr>"
    )


def _finite(value: float) -> float:
    return float(value) if np.isfinite(value) else 0.0
