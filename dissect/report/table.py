"""The page's table of all units: sorted and filtered by the page's script, complete without it."""

from __future__ import annotations

from html import escape
from math import isfinite

from dissect.dissection import Match
from dissect.report.contents import THUMB, THUMBED_UNITS, THUMBS, Contents
from dissect.report.markup import percent, photo, swatch

COLUMNS = ("Unit", "Concept", "Score", "IoU", "IQR", "Level", "Area")
FROM_A_TO_Z = COLUMNS[:2]  # sorted upwards at first; the others show their largest number first


def section(contents: Contents, quality: int) -> str:
    """The controls and the table; with small pictures where the layer is not too large for them."""
    dissection, bounds = contents.dissection, contents.dissection.criterion
    pictured = dissection.count <= THUMBED_UNITS
    rows = "".join(_row(contents, dissection.best(unit), pictured, quality) for unit in range(dissection.count))
    found = [concept for concept in dissection.labels if dissection.units(concept)]
    options = "".join(f'<option value="={escape(concept)}">{escape(concept)}</option>' for concept in found)
    return (
        "<p>Every unit with the concept it agrees with best. The pale rows did not pass the criterion: IoU above "
        f"{bounds.iou:g}, IQR above {bounds.iqr:g}, score above {bounds.score:g}.</p>"
        '<div class="controls"><label for="which-concept">Concept<select id="which-concept">'
        '<option value="">all units</option><option value="matched">units with a concept</option>'
        f'<option value="unmatched">units without one</option>{options}</select></label>'
        '<label for="which-unit">Units<input id="which-unit" inputmode="numeric" placeholder="3, 17, 42" '
        'autocomplete="off"></label><output id="shown" for="which-concept which-unit"></output></div>'
        '<div class="scroll" tabindex="0" role="region" aria-label="All units"><table id="units">'
        "<caption>All units of the layer. Choose the name of a column to sort by it.</caption>"
        f"<thead><tr>{_heads(pictured)}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _heads(pictured: bool) -> str:
    heads = [
        f'<th scope="col"{" class=text" if name == "Concept" else ""} '
        f'data-first="{"ascending" if name in FROM_A_TO_Z else "descending"}">'
        f'<button type="button">{name}</button></th>'
        for name in COLUMNS
    ]
    return "".join(heads) + ('<th scope="col" class="text">Strongest in</th>' if pictured else "")


def _row(contents: Contents, match: Match, pictured: bool, quality: int) -> str:
    area = contents.area(match)
    numbers = (
        _number(match.score, f"{match.score:.3f}"),
        _number(match.iou, f"{match.iou:.3f}"),
        _number(match.iqr, f"{match.iqr:.3f}"),
        _number(match.level, f"{match.level:.3g}"),
        _number(area, percent(area)),
    )
    picture = ""
    if pictured:
        names = (f"Where unit {match.unit} is strongest", *[""] * THUMBS)  # one name is enough to hear for each row
        tiles = contents.tiles(match, THUMB, THUMBS)
        shown = "".join(photo(tile, quality, name) for tile, name in zip(tiles, names, strict=False))
        picture = f'<td><span class="thumbs">{shown}</span></td>'
    state = 'data-matched="yes"' if match.matched else 'data-matched="no" class="unmatched"'
    return (
        f'<tr id="unit-{match.unit}" data-concept="{escape(match.concept)}" {state}>'
        f'<th scope="row" data-value="{match.unit}">{match.unit}</th>'
        f'<td class="text">{swatch(contents.colour(match.concept))}{escape(match.concept)}</td>'
        f"{''.join(numbers)}{picture}</tr>"
    )


def _number(value: float, text: str) -> str:
    return f'<td data-value="{value!r}">{text}</td>' if isfinite(value) else '<td data-value="-Infinity">–</td>'
