"""IoU against level: how a unit's agreement with its concept rises and falls as its level is raised.

At a low level the unit is on nearly everywhere, at a high one nearly nowhere; a unit that knows its concept has a hill
between. Bau et al. 2019, GAN Dissection, equation 2, at every level instead of one.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import numpy as np

from dissect.measure.dissection import Dissection, Match

WIDTH, HEIGHT = 320, 164
LEFT, RIGHT, TOP, BOTTOM = 40, 10, 26, 34  # margins of the axes

CHOSEN = {  # by the dissection's rule
    "score": "where the agreement stands out most from chance",
    "iqr": "where unit and concept tell most of each other",
    "iou": "where the agreement is best",
}


def drawn(dissection: Dissection) -> bool:
    """Whether there is a curve to draw: with a fixed level there is one point for each unit."""
    return dissection.levels.shape[1] > 1


def words(dissection: Dissection) -> str:
    """What a curve shows."""
    if not isinstance(dissection.rule, str):
        return ""
    return (
        "How well the unit agrees with its concept (IoU) as its level rises. The line marks the level that was chosen, "
        f"{CHOSEN[dissection.rule]}; the dashes, what a match needs at least."
    )


def rows(dissection: Dissection) -> Iterator[tuple[int, str, float, float]]:
    """Every point of every curve: unit, its best concept, level, IoU."""
    for unit, (levels, ious) in enumerate(zip(dissection.levels, dissection.curves, strict=True)):
        concept = dissection.best(unit).concept
        for level, iou in zip(levels.tolist(), ious.tolist(), strict=True):
            yield unit, concept, level, iou


def chart(dissection: Dissection, match: Match, colour: str) -> str:
    """The curve as SVG, its chosen level marked, the criterion's IoU dashed; nothing for a unit that never changes.

    It is read at about 300 pixels across and as a mark in a table: there the page's style hides the words.
    """
    levels, ious = dissection.levels[match.unit], dissection.curves[match.unit]
    finite = np.isfinite(levels) & np.isfinite(ious)
    levels, ious = levels[finite], ious[finite]
    if len(np.unique(levels)) < 2:
        return ""
    low, high = float(levels[0]), float(levels[-1])
    bound = dissection.criterion.iou
    reach = max(float(ious.max()), 2 * bound, 0.1)

    def across(level: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * min(max((level - low) / (high - low), 0.0), 1.0)

    def down(iou: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * iou / reach

    points = [(across(level), down(iou)) for level, iou in zip(levels.tolist(), ious.tolist(), strict=True)]
    floor = HEIGHT - BOTTOM
    ridge = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    hill = f"M{points[0][0]:.1f} {floor}L{ridge}V{floor}"
    x, y = across(match.level), down(match.iou)
    words = (
        f'<text class="aside" x="{LEFT}" y="14" text-anchor="middle">IoU</text>'
        f'<text class="aside" x="{LEFT - 6}" y="{TOP + 5}" text-anchor="end">{reach:.2g}</text>'
        f'<text class="aside" x="{LEFT - 6}" y="{floor}" text-anchor="end">0</text>'
        f'<text class="aside" x="{LEFT}" y="{HEIGHT - 14}">{low:.2g}</text>'
        f'<text class="aside" x="{WIDTH - RIGHT}" y="{HEIGHT - 14}" text-anchor="end">{high:.2g}</text>'
        f'<text class="aside" x="{(LEFT + WIDTH - RIGHT) / 2:g}" y="{HEIGHT - 2}" text-anchor="middle">level</text>'
    )
    said = f"IoU of unit {match.unit} with {match.concept} against its level: {match.iou:.3f} at {match.level:.3g}"
    return (
        f'<svg class="curve" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(said)}">'
        f'<path d="{hill}" fill="{colour}" class="hill"/>'
        f'<path class="bound" d="M{LEFT} {down(bound):.1f}H{WIDTH - RIGHT}"/>'
        f'<path class="axis" d="M{LEFT} {TOP}V{floor}H{WIDTH - RIGHT}"/>'
        f'<path class="chosen" d="M{x:.1f} {TOP}V{floor}"/><circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" class="peak"/>'
        f"{words}</svg>"
    )
