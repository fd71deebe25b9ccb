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

from core_gans.comparison.plan import QUICK
from core_gans.comparison.summary import Outcome, Row, lower_is_better
from core_gans.foundation.colours import BLUE, GREEN, PALE, RED
from core_gans.foundation.figures import NOTE, logarithmic, page, themed

COLUMNS = 5
WIDE, HIGH = 2.3, 1.75  # inches of a panel


@dataclass(frozen=True)
class MeanCurve:
    """A metric over mean seconds and rounds: its mean and deviation over the seeds that got so far, (L,) each."""

    seconds: np.ndarray
    rounds: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray


def mean_curve(runs: Sequence[dict[str, Any]], metric: str) -> MeanCurve:
    """The runs of one contender, look by look: each is taken at the same round, or at the same share of the seconds."""

    def when(look: dict[str, Any]) -> int:
        return int(look.get("moment", look["round"]))  # older runs, which all look at the same rounds, have no moment

    moments = sorted({when(look) for run in runs for look in run["curve"]})
    looks = [[look for run in runs for look in run["curve"] if when(look) == moment] for moment in moments]
    values = [np.array([look["scores"][metric] for look in group]) for group in looks]
    return MeanCurve(
        np.array([np.mean([look["seconds"] for look in group]) for group in looks]),
        np.array([np.mean([look["round"] for look in group]) for group in looks]),
        np.array([value.mean() for value in values]),
        np.array([value.std(ddof=1) if len(value) > 1 else 0.0 for value in values]),
    )


@themed
def curves_picture(outcome: Outcome, data: str) -> Figure:
    """A block of panels for each metric that decides, best contender first; as RGB bytes (H, W, 3)."""
    lines = ceil(len(outcome.rows) / COLUMNS)
    columns = ceil(len(outcome.rows) / lines)
    note = f"mean and standard deviation over seeds, {QUICK} samples a look, over seconds of one core"
    names = {"contender": BLUE, "diverged": RED, "the others": PALE, "real examples": GREEN}
    height = len(outcome.main) * (lines * HIGH + 0.35)
    figure = page(max(columns * WIDE, 7.0), height, f"Variants on {data}", note, names)
    blocks = figure.subfigures(len(outcome.main), 1, squeeze=False)[:, 0]
    for block, metric in zip(blocks, outcome.main, strict=True):
        block.suptitle(told(metric), x=0.01, ha="left", fontsize=11)
        curves = {row.label: mean_curve(row.runs, metric) for row in outcome.rows}
        panels = block.subplots(lines, columns, sharex=True, sharey=True, squeeze=False).ravel()
        for axes, row in zip(panels, outcome.rows, strict=False):
            _panel(axes, row, metric, curves, outcome)
        for axes in panels[len(outcome.rows) :]:
            axes.set_axis_off()
        for axes in panels[max(0, len(outcome.rows) - columns) : len(outcome.rows)]:
            axes.tick_params(labelbottom=True)
    return figure


def told(metric: str) -> str:
    """A metric's name, and which way is better."""
    return f"{metric.replace('_', ' ')}, {'lower' if lower_is_better(metric) else 'higher'} is better"


def draw_mean(axes: Axes, x: np.ndarray, mean: np.ndarray, margin: np.ndarray, metric: str, colour: str) -> None:
    """A line (L,) in the band that ``margin`` makes on both sides of it."""
    least = mean / 10 if lower_is_better(metric) else np.zeros_like(mean)  # the scale is logarithmic, or begins at 0
    axes.fill_between(x, np.maximum(mean - margin, least), mean + margin, color=colour, alpha=0.16, linewidth=0)
    axes.plot(x, mean, color=colour)


def frame_metric(axes: Axes, outcome: Outcome, metric: str, colour: str) -> None:
    """The scale that fits the metric, and what as many real examples score as a dashed line."""
    real = outcome.of_looks[metric].mean
    if real is not None:
        axes.axhline(real, color=colour, linewidth=1.1, linestyle=(0, (4, 3)))
    if lower_is_better(metric):
        logarithmic(axes)


def _panel(axes: Axes, row: Row, metric: str, curves: dict[str, MeanCurve], outcome: Outcome) -> None:
    for label, other in curves.items():
        if label != row.label:
            axes.plot(other.seconds, other.mean, color=PALE, alpha=0.6, linewidth=0.9)
    frame_metric(axes, outcome, metric, GREEN)
    own = curves[row.label]
    draw_mean(axes, own.seconds, own.mean, own.deviation, metric, RED if row.diverged else BLUE)
    axes.set_title(folded(row.label), fontsize=9)
    if row.diverged:
        rounds = ", ".join(f"{round:,}" for _, round in row.diverged)
        place, side = (0.98, "top") if lower_is_better(metric) else (0.02, "bottom")  # where curves seldom are
        words = f"diverged at\nround {rounds}"
        axes.text(0.98, place, words, color=RED, fontsize=NOTE, ha="right", va=side, transform=axes.transAxes)
    axes.xaxis.set_major_locator(MaxNLocator(3))


def folded(label: str, longest: int = 30) -> str:
    """A long label in several lines, broken between words."""
    lines = [""]
    for word in label.split(" "):
        if lines[-1] and len(lines[-1]) + len(word) >= longest:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)
