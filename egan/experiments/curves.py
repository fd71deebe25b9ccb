"""The course of every contender in one picture: scores over processor time, and over generations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from core_gans.comparison.curves import MeanCurve, mean_curve
from core_gans.comparison.plan import QUICK
from core_gans.comparison.summary import Outcome, Row, lower_is_better
from core_gans.foundation.figures import GRID, INK, QUIET, pixels, plain
from egan.pictures.drawing import DPI

INKS = ("#2563af", "#7b7f8a", "#8a5bb0", "#4fa187", "#e08a3c", "#c2483d", "#5aa9c4", "#b5a13a", "#2b2d33", "#c46a9b")
WIDE, HIGH, TOP = 5.6, 2.7, 0.95  # inches of a panel, above the names
NAMES, LINE = 2, 0.24  # names in a line, inches of it


def mean_curves_picture(outcome: Outcome, labels: Sequence[str], title: str) -> np.ndarray:
    """A row of two panels for each metric, over seconds and over generations; ``labels`` in the order of colours.

    RGB bytes (H, W, 3).
    """
    paint = {label: INKS[place % len(INKS)] for place, label in enumerate(labels)}
    top = TOP + LINE * -(-len(labels) // NAMES)
    width, height = 2 * WIDE + 0.4, top + HIGH * len(outcome.metrics) + 0.1
    figure = Figure(figsize=(width, height), dpi=DPI, facecolor="white")
    note = f"mean and standard error over seeds, {QUICK} samples a look · dashed: real examples"
    left = 0.6 / width
    figure.text(left, 1 - 0.42 / height, plain(title), color=INK, fontsize=15, fontweight="bold")
    figure.text(left, 1 - 0.69 / height, note, color=QUIET, fontsize=9.5)
    for number, (label, colour) in enumerate(paint.items()):
        line, column = divmod(number, NAMES)
        x, y = left + column * (width - 0.9) / NAMES / width, 1 - (TOP + LINE * line) / height
        figure.text(x, y, "●  " + plain(label), color=colour, fontsize=9.5, fontweight="bold")
    for line, metric in enumerate(outcome.metrics):
        for side, across in enumerate(("seconds of one core", "generations")):
            bottom = height - top - (line + 1) * HIGH + 0.62
            place = (0.6 + side * WIDE) / width, bottom / height, (WIDE - 0.75) / width, (HIGH - 0.95) / height
            axes = figure.add_axes(place)
            for row in outcome.rows:
                _draw(axes, row, metric, paint[row.label], generations=side == 1)
            _finish(axes, outcome, metric, across)
    return pixels(figure)


def _draw(axes: Axes, row: Row, metric: str, colour: str, generations: bool) -> None:
    ended = [run for run in row.runs if not run["diverged"]]
    if not ended:
        return
    found = mean_curve(ended, metric)
    x = np.array(sorted({look["round"] for run in ended for look in run["curve"]})) if generations else found.seconds
    low, high = _band(found, ended, positive=lower_is_better(metric))
    axes.fill_between(x, low, high, color=colour, alpha=0.13, linewidth=0)
    axes.plot(x, found.mean, color=colour, linewidth=1.8, solid_capstyle="round")


def _band(found: MeanCurve, runs: Sequence[dict[str, Any]], positive: bool) -> tuple[np.ndarray, np.ndarray]:
    error = found.deviation / np.sqrt(len(runs))
    return np.maximum(found.mean - error, found.mean / 10 if positive else 0.0), found.mean + error


def _finish(axes: Axes, outcome: Outcome, metric: str, across: str) -> None:
    real = outcome.of_real[metric].mean
    if real is not None:
        axes.axhline(real, color=QUIET, linewidth=1.0, linestyle=(0, (4, 3)), zorder=1)
    if lower_is_better(metric):
        axes.set_yscale("log")
    direction = "lower" if lower_is_better(metric) else "higher"
    axes.set_title(plain(f"{metric.replace('_', ' ')}, {direction} is better"), fontsize=10, loc="left", pad=6)
    axes.set_xlabel(across, color=QUIET, fontsize=8.5, loc="right")
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_formatter("{x:,.4g}" if across.startswith("seconds") else "{x:,.0f}")
    axes.grid(color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=QUIET, labelsize=8, length=0)
    axes.tick_params(which="minor", length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlim(left=0)
