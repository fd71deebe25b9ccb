"""A unit's sheet: what it fires on, the pictures in which it is strongest, its IoU at every level."""

from __future__ import annotations

from html import escape

import numpy as np

from core_gans.foundation.errors import LabError
from demos.dissecting.open_dissection import OpenDissection
from dissect import Match
from dissect.report import curves
from dissect.report.faults import faults as faults_of
from dissect.report.markup import percent, photo

QUALITY = 84  # of the pictures, WebP
CONCEPTS = 5  # shown of those that a unit agrees with
FAULTS = {
    "dead": "This unit never changes: it draws nothing.",
    "NaN": "This unit puts out numbers that are none (NaN or infinite): the generator is broken here.",
}


def sheet(specimen: OpenDissection, unit: int) -> str:
    """The sheet of ``unit`` as HTML. ValueError for a unit that is not there."""
    match = specimen.dissection.best(unit)
    return (
        f'<article class="sheet" data-unit="{unit}">{_head(specimen, match)}{_pictures(specimen, match)}'
        f'<div class="sheet-pair">{_fires_on(specimen, unit)}{_curve(specimen, match)}</div></article>'
    )


def _head(specimen: OpenDissection, match: Match) -> str:
    found = specimen.dissection
    colour = specimen.colour(match.concept)
    badge = f'<span class="badge"><i style="background:{colour}"></i>{escape(match.concept)}</span>'
    if fault := faults_of(found).get(match.unit):
        return f"<h3>Unit {match.unit}</h3><p>{FAULTS[fault]}</p>"
    area = percent(float(found.area[match.unit, found.concept(match.concept)]))
    told = (
        f"It is on in {area} of all pixels, and overlaps with {escape(match.concept)} by an IoU of "
        f"<b>{match.iou:.3f}</b>, <b>{match.score:.3f}</b> beyond chance."
    )
    if not match.matched:
        told += " That is too little to say that it stands for anything."
    return f"<h3>Unit {match.unit} {badge if match.matched else ''}</h3><p>{told}</p>"


def _pictures(specimen: OpenDissection, match: Match) -> str:
    try:
        tiles = specimen.tiles(match.unit)
    except LabError as error:
        return f'<p class="sheet-missing">{escape(str(error))}</p>'
    shown = "".join(
        photo(tile, QUALITY, f"Picture {rank} of those in which unit {match.unit} is strongest, its region outlined")
        for rank, tile in enumerate(tiles, start=1)
    )
    return (
        f'<figure class="tiles"><div>{shown}</div><figcaption>Of {specimen.dissection.images:,} pictures those in '
        f"which the unit is strongest; outlined is where it lies above its level, {match.level:.3g}."
        "</figcaption></figure>"
    )


def _fires_on(specimen: OpenDissection, unit: int) -> str:
    found = specimen.dissection
    scores = np.nan_to_num(found.score[unit], nan=0.0)
    ranked = [int(place) for place in np.argsort(-scores, kind="stable")[:CONCEPTS] if scores[place] > 0]
    if not ranked:
        return "<figure><figcaption>It agrees with nothing beyond chance.</figcaption></figure>"
    rows = "".join(
        f'<tr><th scope="row"><i style="background:{specimen.colour(found.labels[place])}"></i>'
        f"{escape(found.labels[place])}</th>"
        f'<td class="bar" style="--share:{min(float(scores[place]), 1):.3f}">{scores[place]:.3f}</td>'
        f"<td>{found.iou[unit, place]:.3f}</td></tr>"
        for place in ranked
    )
    return (
        '<table class="fires-on"><caption>What it fires on</caption><thead><tr><th scope="col">concept</th>'
        f'<th scope="col">beyond chance</th><th scope="col">IoU</th></tr></thead><tbody>{rows}</tbody></table>'
    )


def _curve(specimen: OpenDissection, match: Match) -> str:
    found = specimen.dissection
    drawn = curves.chart(found, match, specimen.colour(match.concept)) if curves.drawn(found) else ""
    if not drawn:
        return ""
    return f"<figure>{drawn}<figcaption>{escape(curves.words(found))}</figcaption></figure>"
