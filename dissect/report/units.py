"""The page's table of all units: sorted and filtered by the page's script, complete without it."""

from __future__ import annotations

from html import escape
from math import isfinite

from dissect.measure.dissection import Match
from dissect.report import curves
from dissect.report.contents import THUMB, THUMBED_UNITS, THUMBS, Contents
from dissect.report.limits import faults as faults_of
from dissect.report.markup import percent, photo, swatch

COLUMNS = ("Unit", "Concept", "Score", "IoU", "IQR", "Level", "Area")
FROM_A_TO_Z = COLUMNS[:2]  # sorted upwards at first; the others show their largest number first


def section(contents: Contents, quality: int) -> str:
    """The controls and the table; with small pictures where the layer is not too large for them."""
    dissection, criterion = contents.dissection, contents.dissection.criterion
    pictured = dissection.count <= THUMBED_UNITS
    faults = faults_of(dissection)
    rows = "".join(
        _row(contents, dissection.best(unit), faults.get(unit, ""), pictured, quality)
        for unit in range(dissection.count)
    )
    found = [concept for concept in dissection.labels if dissection.units(concept)]
    options = "".join(f'<option value="={escape(concept)}">{escape(concept)}</option>' for concept in found)
    bad = '<option value="fault">units with a fault</option>' if faults else ""
    bounds = {"IoU": criterion.iou, "IQR": criterion.iqr, "score": criterion.score}
    asked = ", ".join(f"{name} above {bound:g}" for name, bound in bounds.items() if bound)
    more = " Choose a unit to open its sheet: the pictures in which it is strongest, its region outlined."
    return (
        "<p>Every unit with the concept it agrees with best. The pale rows did not pass the criterion: "
        f"{asked}.{more if pictured else ''}</p>"
        '<div class="controls"><label for="which-concept">Concept<select id="which-concept">'
        '<option value="">all units</option><option value="matched">units with a concept</option>'
        f'<option value="unmatched">units without one</option>{bad}{options}</select></label>'
        '<label for="which-unit">Units<input id="which-unit" inputmode="numeric" placeholder="3, 17, 42" '
        'autocomplete="off"></label><output id="shown" for="which-concept which-unit"></output></div>'
        '<div class="scroll" tabindex="0" role="region" aria-label="All units"><table id="units">'
        "<caption>Choose the name of a column to sort by it</caption>"
        f"<thead><tr>{_heads(contents, pictured)}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _heads(contents: Contents, pictured: bool) -> str:
    heads = [
        f'<th scope="col"{" class=text" if name == "Concept" else ""} '
        f'data-first="{"ascending" if name in FROM_A_TO_Z else "descending"}">'
        f'<button type="button">{name}</button></th>'
        for name in COLUMNS
    ]
    if curves.drawn(contents.dissection):
        heads.append('<th scope="col" class="text">IoU by level</th>')
    if pictured:
        heads.append('<th scope="col" class="text">Strongest in</th>')
    return "".join(heads)


def _row(contents: Contents, match: Match, fault: str, pictured: bool, quality: int) -> str:
    area = contents.area(match)
    numbers = (
        _number(match.score, f"{match.score:.3f}"),
        _number(match.iou, f"{match.iou:.3f}"),
        _number(match.iqr, f"{match.iqr:.3f}"),
        _number(match.level, f"{match.level:.3g}"),
        _number(area, percent(area)),
    )
    colour = contents.colour(match.concept)
    curve = f"<td>{curves.chart(contents.dissection, match, colour)}</td>" if curves.drawn(contents.dissection) else ""
    picture = ""
    if pictured:
        names = (f"Where unit {match.unit} is strongest", *[""] * THUMBS)  # one name is enough to hear for each row
        tiles = contents.tiles(match, THUMB, THUMBS)
        shown = "".join(photo(tile, quality, name) for tile, name in zip(tiles, names, strict=False))
        picture = f'<td><span class="thumbs">{shown}</span></td>'
    passed = 'data-matched="yes"' if match.matched else 'data-matched="no" class="unmatched"'
    name = f'<button type="button" aria-haspopup="dialog">{match.unit}</button>' if pictured else f"{match.unit}"
    said = f' <span class="fault">{fault}</span>' if fault else ""
    return (
        f'<tr id="unit-{match.unit}" data-concept="{escape(match.concept)}" {passed} data-fault="{fault}">'
        f'<th scope="row" data-value="{match.unit}">{name}</th>'
        f'<td class="text">{swatch(colour)}{escape(match.concept)}{said}</td>'
        f"{''.join(numbers)}{curve}{picture}</tr>"
    )


def _number(value: float, text: str) -> str:
    return f'<td data-value="{value!r}">{text}</td>' if isfinite(value) else '<td data-value="-Infinity">–</td>'
