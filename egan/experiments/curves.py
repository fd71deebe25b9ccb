"""The course of every contender in one picture: scores over processor time, and over generations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from core_gans.comparison.curves import draw_mean, frame_metric, mean_curve, told
from core_gans.comparison.plan import QUICK
from core_gans.comparison.summary import Outcome, Row
from core_gans.foundation.colours import QUIET, SERIES
from core_gans.foundation.figures import page, themed
from egan.experiments.pairing import LEAST_SEEDS

WIDE, HIGH = 11.4, 2.6  # inches of a row of panels


@themed
def mean_curves_picture(outcome: Outcome, labels: Sequence[str], title: str) -> Figure:
    """A row of two panels for each metric, over seconds and over generations; ``labels`` in the order of colours.

    RGB bytes (H, W, 3).
    """
    paint = {label: SERIES[place % len(SERIES)] for place, label in enumerate(labels)}
    note = (
        f"mean over seeds, and its standard error from {LEAST_SEEDS} on; {QUICK} samples a look · dashed: real examples"
    )
    figure = page(WIDE, HIGH * len(outcome.metrics), title, note, paint)
    panels = figure.subplots(len(outcome.metrics), 2, squeeze=False)
    for metric, row_of_panels in zip(outcome.metrics, panels, strict=True):
        for axes, across in zip(row_of_panels, ("seconds of one core", "generations"), strict=True):
            for row in outcome.rows:
                _draw(axes, row, metric, paint[row.label], generations=across == "generations")
            frame_metric(axes, outcome, metric, QUIET)
            axes.set_title(told(metric))
            axes.set_xlabel(across)
            axes.xaxis.set_major_locator(MaxNLocator(6))
            axes.xaxis.set_major_formatter("{x:,.4g}" if across.startswith("seconds") else "{x:,.0f}")
            axes.set_xlim(left=0)
    return figure


def _draw(axes: Axes, row: Row, metric: str, colour: str, generations: bool) -> None:
    ended = [run for run in row.runs if not run["diverged"]]
    if ended:
        found = mean_curve(ended, metric)
        told = len(ended) >= LEAST_SEEDS
        error = found.deviation / np.sqrt(len(ended)) if told else np.zeros_like(found.mean)
        draw_mean(axes, found.rounds if generations else found.seconds, found.mean, error, metric, colour)
