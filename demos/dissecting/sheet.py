"""A unit's sheet: what it fires on, the pictures in which it is strongest, its IoU at every level."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from core_gans.foundation.errors import LabError
from core_gans.foundation.html import filled
from core_gans.foundation.pixels import Picture
from demos.dissecting.open_dissection import OpenDissection
from demos.glossary import term
from dissect.report import curves
from dissect.report.faults import faults
from dissect.report.markup import percent, photo

QUALITY = 84  # of the pictures, WebP
CONCEPTS = 5  # shown of those that a unit agrees with
FAULTS = {
    "dead": "This unit never changes: it draws nothing.",
    "NaN": "This unit puts out numbers that are none (NaN or infinite): the generator is broken here.",
}


def sheet(current: OpenDissection, unit: int) -> Markup:
    """The sheet of ``unit`` as HTML. ValueError for a unit that is not there."""
    found = current.dissection
    match = found.best(unit)
    fault = faults(found).get(unit)
    tiles: Sequence[Picture] = ()
    missing = ""
    try:
        tiles = current.tiles(unit)
    except LabError as error:
        missing = str(error)
    scores = np.nan_to_num(found.score[unit], nan=0.0)
    ranked = [int(place) for place in np.argsort(-scores, kind="stable")[:CONCEPTS] if scores[place] > 0]
    return filled(
        "demos.dissecting",
        "sheet.html.j2",
        current=current,
        found=found,
        match=match,
        area=float(found.area[unit, found.concept(match.concept)]),
        fault=FAULTS[fault] if fault else "",
        tiles=tiles,
        missing=missing,
        fires_on=[(found.labels[place], float(scores[place]), float(found.iou[unit, place])) for place in ranked],
        curve=curves.chart(found, match, current.colour(match.concept)) if curves.drawn(found) else "",
        curve_words=curves.words(found),
        photo=lambda tile, alt: photo(tile, QUALITY, alt),
        percent=percent,
        term=term,
    )
