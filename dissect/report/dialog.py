"""The sheets that open from the table of all units: the pictures in which a unit is strongest, and all it is known for.

Many units share their best pictures, so each picture is in the page once, and a unit's region lies over it as an
outline in vectors. The page's script brings the two together when a sheet is opened.
"""

from __future__ import annotations

import json
from html import escape

import numpy as np

from core_gans.foundation.pixels import webp_url
from dissect.measure.dissection import Match
from dissect.report import curves
from dissect.report.contents import SHEET, THUMBED_UNITS, Contents
from dissect.report.limits import faults as faults_of
from dissect.report.markup import percent, swatch
from dissect.report.sheets import enlarge, outline

SIZE = 128  # pixels across a picture as it is kept; it is shown larger
BEYOND = 9  # pixels by which the dimmed surroundings go beyond the picture, so that their own edge is not seen
OTHERS = 3  # further concepts that a sheet names

FAULTS = {
    "dead": "This unit never changes: it has the same value in every picture and at every place.",
    "NaN": "This unit puts out numbers that are not finite; they were counted as off.",
}


def section(contents: Contents, quality: int) -> str:
    """The dialog, the sheets as templates, and the pictures as JSON; nothing for a layer that is too large."""
    dissection = contents.dissection
    if dissection.count > THUMBED_UNITS:
        return ""
    faults = faults_of(dissection)
    matches = [dissection.best(unit) for unit in range(dissection.count)]
    sheets = "".join(
        f'<template id="sheet-{match.unit}">{_sheet(contents, match, faults.get(match.unit, ""))}</template>'
        for match in matches
    )
    shown = sorted({int(image) for image in dissection.top_images[:, :SHEET].ravel()})
    pictures = {image: webp_url(enlarge(contents.gallery.pictures[image], SIZE), quality) for image in shown}
    return (
        f'<dialog id="sheet" aria-label="Sheet of a unit" data-words="{escape(curves.words(dissection))}">'
        '<form method="dialog">'
        '<button type="button" id="earlier" aria-label="The unit above in the table">↑ above</button>'
        '<button type="button" id="later" aria-label="The unit below in the table">↓ below</button>'
        '<button class="close" aria-label="Close the sheet">✕</button></form><div id="sheet-body"></div></dialog>'
        f'{sheets}<script type="application/json" id="kept-pictures">{json.dumps(pictures)}</script>'
    )


def _sheet(contents: Contents, match: Match, fault: str) -> str:
    said = "" if match.matched else " (does not pass the criterion)"
    facts = (
        ("Score", f"{match.score:.3f}"),
        ("IoU", f"{match.iou:.3f}"),
        ("IQR", f"{match.iqr:.3f}"),
        ("Level", f"{match.level:.3g}"),
        ("On in", percent(contents.area(match))),
    )
    listed = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts)
    notice = f'<p class="notice">{FAULTS[fault]}</p>' if fault else ""
    tiles = "".join(_tile(contents, match, int(image)) for image in contents.dissection.top_images[match.unit][:SHEET])
    return (
        f"<h3>Unit {match.unit}</h3><p>{swatch(contents.colour(match.concept))}"
        f"{escape(match.concept)}{said}. {_others(contents, match)}</p>{notice}"
        f'<div class="tiles">{tiles}</div><div class="beside"><figure data-curve="{match.unit}"></figure>'
        f'<dl class="numbers">{listed}</dl></div>'
    )


def _others(contents: Contents, match: Match) -> str:
    """The concepts that the unit agrees with next best, beyond chance."""
    dissection = contents.dissection
    scores = dissection.score[match.unit]
    order = [int(place) for place in np.argsort(-scores, kind="stable")]
    named = [place for place in order if scores[place] > 0 and dissection.labels[place] != match.concept][:OTHERS]
    if not named:
        return "It agrees with no other concept beyond chance."
    listed = ", ".join(f"{escape(dissection.labels[place])} {scores[place]:.3f}" for place in named)
    return f"Next by score: {listed}."


def _tile(contents: Contents, match: Match, image: int) -> str:
    height, width = contents.gallery.pictures[image].shape[:2]
    size = SIZE, max(1, round(height * SIZE / width))
    region = outline(contents.gallery.maps[match.unit, image], match.level, *size, contents.dissection.upsampling)
    frame = f"M{-BEYOND} {-BEYOND}H{size[0] + BEYOND}V{size[1] + BEYOND}H{-BEYOND}z"
    return (
        f'<figure class="tile"><img data-picture="{image}" width="{size[0]}" height="{size[1]}" '
        f'alt="Picture {image}, the unit’s region outlined">'
        f'<svg viewBox="0 0 {size[0]} {size[1]}" preserveAspectRatio="none" aria-hidden="true">'
        f'<path fill-rule="evenodd" d="{frame}{region}"/></svg></figure>'
    )
