"""The curve of every contender as small multiples: one panel each, the others in grey behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from core_gans.comparison.drawing import COLOUR, DPI, OTHERS, REAL, TROUBLE
from core_gans.comparison.plan import QUICK
from core_gans.comparison.summary import Outcome, Row, lower_is_better
from core_gans.foundation.figures import GRID, INK, QUIET, pixels, plain

COLUMNS = 5
WIDE, HIGH = 2.15, 1.65  # inches of a panel
TOP, BLOCK = 0.66, 0.14  # inches above the first block, above each block of panels


@dataclass(frozen=True)
class MeanCurve:
    """A metric over processor time: mean and standard deviation over the seeds that got so far, (L,) each."""

    seconds: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray


def mean_curve(runs: Sequence[dict[str, Any]], metric: str) -> MeanCurve:
    """The runs of one contender, which look at the same rounds."""
    rounds = sorted({look["round"] for run in runs for look in run["curve"]})
    looks = [[look for run in runs for look in run["curve"] if look["round"] == round] for round in rounds]
    values = [np.array([look["scores"][metric] for look in group]) for group in looks]
    return MeanCurve(
        np.array([np.mean([look["seconds"] for look in group]) for group in looks]),
        np.array([value.mean() for value in values]),
        np.array([value.std(ddof=1) if len(value) > 1 else 0.0 for value in values]),
    )


def curves_picture(outcome: Outcome, data: str) -> np.ndarray:
    """A block of panels for each metric that decides, best contender first; RGB bytes (H, W, 3)."""
    lines = ceil(len(outcome.rows) / COLUMNS)
    columns = ceil(len(outcome.rows) / lines)
    width = max(columns * WIDE + 0.7, 6.6)
    height = TOP + len(outcome.main) * (BLOCK + lines * (HIGH + 0.2) + 0.25) + 0.5
    figure = Figure(figsize=(width, height), dpi=DPI, facecolor="white")
    figure.text(0.45 / width, 1 - 0.3 / height, plain(f"Variants on {data}"), color=INK, fontsize=14, weight="bold")
    top = TOP
    for metric in outcome.main:
        note = f"{metric}, {'lower' if lower_is_better(metric) else 'higher'} is better"
        figure.text(0.45 / width, 1 - (top + 0.1) / height, plain(note), color=INK, fontsize=10.5)
        top += BLOCK
        curves = {row.label: mean_curve(row.runs, metric) for row in outcome.rows}
        first: Axes | None = None
        for number, row in enumerate(outcome.rows):
            line, column = divmod(number, columns)
            left, bottom = 0.55 + column * WIDE, height - top - line * (HIGH + 0.2) - HIGH
            axes = figure.add_axes(
                (left / width, bottom / height, (WIDE - 0.2) / width, (HIGH - 0.3) / height), sharex=first, sharey=first
            )
            first = first or axes
            _panel(axes, row, metric, curves, outcome)
            axes.tick_params(labelleft=column == 0, labelbottom=number + columns >= len(outcome.rows))
        top += lines * (HIGH + 0.2) + 0.25
    figure.text(
        0.45 / width,
        0.16 / height,
        f"across: seconds of one core. Blue: mean and standard deviation\nover seeds, {QUICK} samples a look. "
        "Green: real examples.",
        color=QUIET,
        fontsize=8.5,
    )
    return pixels(figure)


def _panel(axes: Axes, row: Row, metric: str, curves: dict[str, MeanCurve], outcome: Outcome) -> None:
    for label, other in curves.items():
        if label != row.label:
            axes.plot(other.seconds, other.mean, color=OTHERS, linewidth=0.9, zorder=1)
    real = outcome.of_real[metric].mean
    if real is not None:
        axes.axhline(real, color=REAL, linewidth=1.1, linestyle=(0, (4, 3)), zorder=2)
    own = curves[row.label]
    colour = TROUBLE if row.diverged else COLOUR
    positive = lower_is_better(metric)
    if positive:
        axes.set_yscale("log")
    low = np.maximum(own.mean - own.deviation, own.mean / 10 if positive else 0.0)
    axes.fill_between(own.seconds, low, own.mean + own.deviation, color=colour, alpha=0.18, linewidth=0, zorder=3)
    axes.plot(own.seconds, own.mean, color=colour, linewidth=1.8, zorder=4)
    axes.set_title(plain(row.label), color=INK, fontsize=9, loc="left", pad=4)
    if row.diverged:
        rounds = ", ".join(f"{round:,}" for _, round in row.diverged)
        axes.text(0.04, 0.06, f"diverged at round {rounds}", color=TROUBLE, fontsize=7.5, transform=axes.transAxes)
    axes.xaxis.set_major_locator(MaxNLocator(3))
    axes.grid(color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=QUIET, labelsize=7.5, length=0)
    axes.tick_params(which="minor", length=0)
    axes.spines[:].set_visible(False)
    axes.spines["bottom"].set_visible(True)
    axes.spines["bottom"].set_color(QUIET)
