"""Which mutation wins when, as stacked areas: the mean over the seeds of each contender that has several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from core_gans.comparison.summary import Row
from core_gans.foundation.figures import INK, QUIET, pixels, plain
from egan.pictures.drawing import DPI, colours, header, words

Shares = dict[str, np.ndarray]  # mutation: (B,) share of the generations in each part of the run
WIDE, HIGH, TOP, COLUMNS = 4.6, 2.5, 1.3, 3  # inches of a panel, above all; panels in a row


def mean_shares(runs: Sequence[Mapping[str, Any]]) -> Shares:
    """The mean over ``runs`` that came to their end; each mutation that won anywhere has its line."""
    told = [run["winners"] for run in runs if not run["diverged"]]
    parts = min((len(line) for shares in told for line in shares.values()), default=0)
    names = sorted({name for shares in told for name in shares})
    return {
        name: np.mean([np.array(shares.get(name, [0.0] * parts))[:parts] for shares in told], axis=0) for name in names
    }


def winners_picture(rows: Sequence[Row], title: str) -> np.ndarray:
    """A panel for each of ``rows`` in which several mutations competed; RGB bytes (H, W, 3)."""
    shares = {row.label: mean_shares(row.runs) for row in rows}
    shares = {label: each for label, each in shares.items() if len(each) > 1}
    paint = colours(name for each in shares.values() for name in each)
    lines = max(1, -(-len(shares) // COLUMNS))
    columns = min(COLUMNS, max(1, len(shares)))
    width, height = max(columns * WIDE, 8.0) + 0.4, TOP + lines * HIGH
    figure = Figure(figsize=(width, height), dpi=DPI, facecolor="white")
    note = "share of the generations, mean over seeds · dashed: equal shares"
    header(figure, title, note, {words(name): colour for name, colour in paint.items()}, 0.04)
    if not shares:
        figure.text(0.5, 0.3, "no contender has several mutations", color=QUIET, ha="center")
    rounds = {row.label: row.rounds.mean or 1.0 for row in rows}
    for number, (label, each) in enumerate(shares.items()):
        line, column = divmod(number, columns)
        bottom = height - TOP - (line + 1) * HIGH + 0.62
        axes = figure.add_axes(
            ((0.55 + column * WIDE) / width, bottom / height, (WIDE - 0.6) / width, (HIGH - 0.95) / height)
        )
        parts = len(next(iter(each.values())))
        x = (np.arange(parts) + 0.5) / parts * rounds[label]
        axes.stackplot(x, *each.values(), colors=[paint[name] for name in each], alpha=0.85, edgecolor="white")
        for border in range(1, len(each)):
            axes.axhline(border / len(each), color="white", linewidth=1.1, linestyle=(0, (4, 4)))
        axes.set_title(plain(label), color=INK, fontsize=9.5, loc="left", pad=5)
        axes.set_xlim(x[0], x[-1] if parts > 1 else x[0] + 1)
        axes.set_ylim(0, 1)
        axes.set_yticks([0, 0.5, 1], ["0", "50 %", "100 %"])
        axes.set_xlabel("generation", color=QUIET, fontsize=8.5, loc="right")
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.locator_params(axis="x", nbins=5)
        axes.tick_params(colors=QUIET, labelsize=8, length=0)
        axes.spines[:].set_visible(False)
    return pixels(figure)
