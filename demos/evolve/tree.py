"""The family tree of an evolution's last generations as SVG: whose line goes on, and by which mutations."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from core_gans.foundation.html import tag
from core_gans.foundation.svg_charts import Axis, svg, text
from demos.evolve.charts import MARGINS, colour
from egan.family import Place
from egan.pictures.colours import words

WIDTH = MARGINS.width
LANE, LEAST_LANES = 17, 5
EDGE, FOOT = 12, 20  # room at the sides, and below for the generations
STROKES = ((1, 0.3), (1.6, 0.5), (3, 1.0))  # width and opacity: died at once, the line ended, the line goes on
RADII = (2.6, 3.6, 5.0)
NARROWEST = 10  # generations across the picture, so that a young tree is not torn apart


def tree_chart(tree: Sequence[Place]) -> Markup:
    """Time from left to right; strong are the living and their ancestors, faint those who died at once."""
    if not tree:
        return Markup("")
    first, last = min(place.generation for place in tree), max(place.generation for place in tree)
    lanes = max(LEAST_LANES, math.ceil(2 * max(abs(place.lane) for place in tree) + 1))
    height = LANE * lanes + FOOT
    across = Axis(first, first + max(last - first, NARROWEST), EDGE, WIDTH - EDGE)
    places = {place.record.number: (across(place.generation), LANE * (lanes / 2 + place.lane)) for place in tree}
    lines: list[list[Markup]] = [[], [], []]
    dots: list[list[Markup]] = [[], [], []]
    for place in tree:
        kind, ink, (x, y) = _kind(place), colour(place.record.mutation), places[place.record.number]
        if place.record.parent in places:
            old_x, old_y = places[place.record.parent]
            bend = f"{(old_x + x) / 2:.1f}"
            curve = f"M{old_x:.1f} {old_y:.1f}C{bend} {old_y:.1f} {bend} {y:.1f} {x:.1f} {y:.1f}"
            lines[kind].append(tag("path", d=curve, stroke=ink))
        dots[kind].append(tag("circle", tag("title", _told(place)), cx=float(x), cy=float(y), r=RADII[kind], fill=ink))
    drawn = [
        tag("g", "", *line, fill="none", stroke_width=width, opacity=opacity)
        for (width, opacity), line in zip(STROKES, lines, strict=True)
    ]
    drawn += [
        tag("g", "", *dot, class_="born", opacity=min(1.0, opacity + 0.2))
        for (_, opacity), dot in zip(STROKES, dots, strict=True)
    ]
    ends = [text(EDGE, height - 4, f"{first:,}")]
    ends += [text(WIDTH - EDGE, height - 4, f"{last:,}", "end")] if last > first else []
    title = "Family tree of the last generations"
    key = tag("span", "thick: the living and their ancestors", class_="key")
    chart = svg(WIDTH, height, f"{title}: {_line_of(tree)}", tag("g", *ends), *drawn)
    return tag("figure", tag("figcaption", title, key), chart, class_="chart tree")


def _kind(place: Place) -> int:
    """0: died at once, 1: survived, but the line ended, 2: the line goes on."""
    return 2 if place.enduring else int(place.record.survived)


def _told(place: Place) -> str:
    fate = ("died at once", "survived, but its line ended", "its line goes on")[_kind(place)]
    return f"{words(place.record.mutation)}, generation {place.record.generation:,}: {fate}"


def _line_of(tree: Sequence[Place]) -> str:
    """The mutations of the line that goes on, for those who do not see the picture."""
    line = [words(place.record.mutation) for place in tree if place.enduring]
    return ", ".join(line[-8:])
