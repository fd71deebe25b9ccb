"""The table of all units, and the buttons that choose the concepts it shows. Sorted and filtered by units.js."""

from __future__ import annotations

from importlib.resources import files

import gradio as gr
import numpy as np
from markupsafe import Markup

from core_gans.foundation.html import filled
from demos.dissecting.open_dissection import OpenDissection
from demos.glossary import term
from dissect.report.concepts import units_by_concept
from dissect.report.faults import faults
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


def content(current: OpenDissection, chosen: int) -> Markup:
    """Chips and table of all units, ``chosen`` being the one whose sheet is open."""
    found = current.dissection
    by_concept = units_by_concept(found)
    rows = []
    for match in map(found.best, range(found.count)):
        numbers = (match.iou, match.score, found.area[match.unit, found.concept(match.concept)])
        rows.append((match, *np.nan_to_num(numbers, posinf=0.0, neginf=0.0).tolist()))
    return filled(
        "demos.dissecting",
        "unit_table.html.j2",
        current=current,
        found=found,
        chosen=chosen,
        by_concept=by_concept,
        without=found.count - sum(map(len, by_concept.values())),
        none_of_them=NONE,
        columns=COLUMNS,
        rows=rows,
        faults=faults(found),
        percent=percent,
    )


def summary(current: OpenDissection) -> Markup:
    """How many units of the layer stand for something, in a sentence or two."""
    found = current.dissection
    matched = found.matched()
    return filled(
        "demos.dissecting",
        "summary.html.j2",
        found=found,
        matched=len(matched),
        things=len({match.concept for match in matched}),
        term=term,
        date=found.provenance.get("date", ""),
    )
