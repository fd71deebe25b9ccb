"""Which mutation wins when, as stacked areas: the mean over the seeds of each contender that has several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from core_gans.comparison.curves import folded
from core_gans.comparison.summary import Row
from core_gans.foundation.colours import QUIET
from core_gans.foundation.figures import page, themed
from egan.pictures.colours import colours, words
from egan.pictures.panels import draw_shares, timeline

Shares = dict[str, np.ndarray]  # mutation: (B,) share of the generations in each part of the run
WIDE, HIGH, COLUMNS = 4.2, 2.2, 3  # inches of a panel; panels in a row


def mean_shares(runs: Sequence[Mapping[str, Any]]) -> Shares:
    """The mean over ``runs`` that came to their end; each mutation that won anywhere has its line.

    All are told in as many parts as the run of the fewest has.
    """
    told = [run["winners"] for run in runs if not run["diverged"]]
    parts = min((len(line) for shares in told for line in shares.values()), default=0)
    names = sorted({name for shares in told for name in shares})
    lines = {name: [_in_parts(shares.get(name, [0.0] * parts), parts) for shares in told] for name in names}
    return {name: np.mean(each, axis=0) for name, each in lines.items()}


def _in_parts(line: Sequence[float], parts: int) -> list[float]:
    """``line`` in so many parts of the run, those of a run with more of them summed up."""
    return [float(part.mean()) for part in np.array_split(np.array(line), parts)]


@themed
def winners_picture(rows: Sequence[Row], title: str) -> Figure:
    """A panel for each of ``rows`` in which several mutations competed; RGB bytes (H, W, 3)."""
    shares = {row.label: mean_shares(row.runs) for row in rows}
    shares = {label: each for label, each in shares.items() if len(each) > 1}
    paint = colours(name for each in shares.values() for name in each)
    columns = min(COLUMNS, max(1, len(shares)))
    lines = max(1, -(-len(shares) // columns))
    note = "share of the generations, mean over seeds · dashed: equal shares"
    names = {words(name): colour for name, colour in paint.items()}
    figure = page(max(columns * WIDE, 7.0), lines * HIGH, title, note, names)
    if not shares:
        figure.text(0.5, 0.3, "no contender has several mutations", color=QUIET, ha="center")
        return figure
    panels = figure.subplots(lines, columns, squeeze=False).ravel()
    rounds = {row.label: row.rounds.mean or 1.0 for row in rows}
    for axes, (label, each) in zip(panels, shares.items(), strict=False):
        parts = len(next(iter(each.values())))
        across = (np.arange(parts) + 0.5) / parts * rounds[label]
        timeline(axes, folded(label, 44), ticks=5)
        draw_shares(axes, across, each, paint)
        axes.set_xlim(across[0], across[-1] if parts > 1 else across[0] + 1)
    for axes in panels[len(shares) :]:
        axes.set_axis_off()
    return figure
