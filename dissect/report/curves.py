"""IoU against level: how a unit's agreement with its concept rises and falls as its level is raised.

At a low level the unit is on nearly everywhere, at a high one nearly nowhere; a unit that knows its concept has a hill
between. Bau et al. 2019, GAN Dissection, equation 2, at every level instead of one.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from markupsafe import Markup

from core_gans.foundation.html import tag
from core_gans.foundation.svg_charts import Margins, Plot, text
from dissect.measure.dissection import Dissection, Match

MARGINS = Margins(width=320, height=164, left=40, right=10, top=26, bottom=34)

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


def chart(dissection: Dissection, match: Match, colour: str) -> Markup:
    """The curve as SVG, its chosen level marked, the criterion's IoU dashed; nothing for a unit that never changes.

    It is read at about 300 pixels across and as a mark in a table: there the page's style hides the words.
    """
    levels, ious = dissection.levels[match.unit], dissection.curves[match.unit]
    finite = np.isfinite(levels) & np.isfinite(ious)
    levels, ious = levels[finite], ious[finite]
    if len(np.unique(levels)) < 2:
        return Markup("")
    bound = dissection.criterion.iou
    reach = max(float(ious.max()), 2 * bound, 0.1)
    plot = Plot(MARGINS, (float(levels[0]), float(levels[-1])), (0.0, reach))
    left, right, floor, ceiling = plot.x.start, plot.x.end, plot.y.start, plot.y.end
    ridge = plot.path(levels.tolist(), ious.tolist())
    level = min(max(match.level, plot.x.low), plot.x.high)
    chosen = float(plot.x(level))
    said = f"IoU of unit {match.unit} with {match.concept} against its level: {match.iou:.3f} at {match.level:.3g}"
    return plot.svg(
        said,
        tag("path", d=f"M{left} {floor}L{ridge[1:]}V{floor}", fill=colour, class_="hill"),
        tag("path", class_="bound", d=f"M{left} {plot.y(bound):.1f}H{right}"),
        tag("path", class_="axis", d=f"M{left} {ceiling}V{floor}H{right}"),
        tag("path", class_="chosen", d=f"M{chosen:.1f} {ceiling}V{floor}"),
        plot.dot(level, match.iou, 4.5, class_="peak"),
        text(left, 14, "IoU", "middle", "aside"),
        text(left - 6, ceiling + 5, f"{reach:.2g}", "end", "aside"),
        text(left - 6, floor, "0", "end", "aside"),
        text(left, MARGINS.height - 14, f"{plot.x.low:.2g}", None, "aside"),
        text(right, MARGINS.height - 14, f"{plot.x.high:.2g}", "end", "aside"),
        text((left + right) / 2, MARGINS.height - 2, "level", "middle", "aside"),
        kind="curve",
    )
