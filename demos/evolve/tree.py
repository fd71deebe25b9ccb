"""The family tree of an evolution's last generations as SVG: whose line goes on, and by which mutations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from demos.evolve.charts import WIDTH, colour
from egan.family import Place
from egan.pictures.drawing import words

LANE, LEAST_LANES = 17, 5
EDGE, FOOT = 12, 20  # room at the sides, and below for the generations
STROKES = ((1, 0.3), (1.6, 0.5), (3, 1.0))  # width and opacity: died at once, the line ended, the line goes on
RADII = (2.6, 3.6, 5.0)
NARROWEST = 10  # generations across the picture, so that a young tree is not torn apart


def tree_chart(tree: Sequence[Place]) -> str:
    """Time from left to right; strong are the living and their ancestors, faint those who died at once."""
    if not tree:
        return ""
    first, last = min(place.generation for place in tree), max(place.generation for place in tree)
    across = (WIDTH - 2 * EDGE) / max(last - first, NARROWEST)
    lanes = max(LEAST_LANES, math.ceil(2 * max(abs(place.lane) for place in tree) + 1))
    height = LANE * lanes + FOOT
    known = {place.record.number: place for place in tree}

    def x(place: Place) -> float:
        return EDGE + across * (place.generation - first)

    def y(place: Place) -> float:
        return LANE * (lanes / 2 + place.lane)

    lines, dots = [""] * 3, [""] * 3
    for place in tree:
        kind, ink = _kind(place), colour(place.record.mutation)
        parent = known.get(place.record.parent)
        if parent is not None:
            middle = (x(parent) + x(place)) / 2
            lines[kind] += (
                f'<path d="M{x(parent):.1f} {y(parent):.1f}C{middle:.1f} {y(parent):.1f} {middle:.1f} {y(place):.1f} '
                f'{x(place):.1f} {y(place):.1f}" stroke="{ink}"/>'
            )
        dots[kind] += (
            f'<circle cx="{x(place):.1f}" cy="{y(place):.1f}" r="{RADII[kind]}" fill="{ink}">'
            f"<title>{_told(place)}</title></circle>"
        )
    drawn = "".join(
        f'<g fill="none" stroke-width="{width}" opacity="{opacity}">{line}</g>'
        for (width, opacity), line in zip(STROKES, lines, strict=True)
    )
    drawn += "".join(
        f'<g class="born" opacity="{min(1.0, opacity + 0.2)}">{dot}</g>'
        for (_, opacity), dot in zip(STROKES, dots, strict=True)
    )
    title = "Family tree of the last generations"
    ends = f'<text x="{EDGE}" y="{height - 4}">{first:,}</text>'
    ends += f'<text x="{WIDTH - EDGE}" y="{height - 4}" text-anchor="end">{last:,}</text>' if last > first else ""
    return (
        f'<figure class="chart tree"><figcaption>{title}'
        '<span class="key">thick: the living and their ancestors</span></figcaption>'
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{title}: {_line_of(tree)}">'
        f"<g>{ends}</g>{drawn}</svg></figure>"
    )


def _kind(place: Place) -> int:
    """0: died at once, 1: survived, but the line ended, 2: the line goes on."""
    return 2 if place.enduring else int(place.record.survived)


def _told(place: Place) -> str:
    fate = ("died at once", "survived, but its line ended", "its line goes on")[_kind(place)]
    return f"{escape(words(place.record.mutation))}, generation {place.record.generation:,}: {fate}"


def _line_of(tree: Sequence[Place]) -> str:
    """The mutations of the line that goes on, for those who do not see the picture."""
    line = [words(place.record.mutation) for place in tree if place.enduring]
    return escape(", ".join(line[-8:]))
