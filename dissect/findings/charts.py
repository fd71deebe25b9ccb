"""The findings' charts: bars with intervals beside their control, lines of a dose, counts in a grid."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from core_gans.foundation.colours import BLUE, INK, PALE, QUIET
from core_gans.foundation.figures import NOTE, page, themed
from core_gans.foundation.intervals import Change, Interval

LOWEST = -0.25  # of a curve
COUNTS = LinearSegmentedColormap.from_list("counts", ["#fafafa", BLUE])


@dataclass(frozen=True)
class Bar:
    """A row of a chart: a number with its interval, and that of the control, where there is one."""

    name: str
    ours: Interval
    control: Interval | None
    told: str  # written at its end


@themed
def bars(title: str, rows: Sequence[Bar], low: float, high: float, note: str) -> Figure:
    """Bars from 0, the control's below in grey; whiskers are the intervals. The scale runs from ``low`` to ``high``.

    RGB bytes (H, W, 3).
    """
    figure = page(7.4, 0.5 + 0.34 * len(rows), title, note)
    axes = figure.subplots()
    for place, row in enumerate(rows):
        _bar(axes, row.ours, place - 0.14, 0.46, BLUE)
        if row.control is not None:
            _bar(axes, row.control, place + 0.26, 0.2, PALE)
    rows_at_the_left(axes, [row.name for row in rows], [row.told for row in rows])
    axes.axvline(0, color=QUIET, linewidth=0.8)
    axes.set_xlim(low, high)
    return figure


@themed
def lines(
    title: str, across: Sequence[str], ours: Sequence[tuple[str, Change, str]], control: Sequence[Change]
) -> Figure:
    """Named curves in percent over evenly spaced doses, each in its interval's band; the controls are grey.

    What falls below :data:`LOWEST` is cut off: random units may add a multiple of a small thing. RGB bytes (H, W, 3).
    """
    shown = [change for _, change, _ in ours] + list(control)
    lowest = min(float(change.low.min()) for change in shown)
    cut = ", cut off" if any(float(change.low.min()) < LOWEST for change in control) else ""
    names = {name: colour for name, _, colour in ours} | {f"random units{cut}": PALE}
    figure = page(5.2, 2.4, title, names=names)
    axes = figure.subplots()
    places = range(len(across))
    for change, colour in chain(((change, PALE) for change in control), ((change, ink) for _, change, ink in ours)):
        axes.fill_between(places, change.low, change.high, color=colour, alpha=0.25, linewidth=0)
        axes.plot(places, change.mean, color=colour, marker="o", markersize=4)
    axes.set_xticks(places, across)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1])
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    top = max(1.0, *(float(change.high.max()) for change in shown))
    axes.set_ylim(max(LOWEST, min(-0.04 * top, lowest)), 1.04 * top)
    return figure


@themed
def grid(title: str, rows: Sequence[str], columns: Sequence[str], counts: np.ndarray, told: Sequence[str]) -> Figure:
    """Whole numbers ``counts`` (rows, columns) in cells, the darker the more; ``told`` stands behind each row.

    RGB bytes (H, W, 3).
    """
    longest = max(map(len, columns))
    long = longest > 8
    names = 0.06 * longest if long else 0.3  # inches above the cells, roughly
    figure = page(3.6 + 0.56 * len(columns), 0.2 + names + 0.3 * len(rows), title)
    axes = figure.subplots()
    shade = np.sqrt(counts / max(1, int(counts.max())))
    axes.pcolormesh(shade, cmap=COUNTS, vmin=0, vmax=1, edgecolors="white", linewidth=2)
    for (row, column), number in np.ndenumerate(counts):
        if number:
            ink = "white" if shade[row, column] > 0.55 else INK
            axes.text(column + 0.5, row + 0.5, str(number), color=ink, ha="center", va="center")
    rows_at_the_left(axes, rows, told, first=0.5)
    axes.set_xticks(np.arange(len(columns)) + 0.5, columns, rotation=35 if long else 0, ha="left" if long else "center")
    axes.xaxis.tick_top()
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    return figure


def rows_at_the_left(axes: Axes, names: Sequence[str], told: Sequence[str], first: float = 0.0) -> None:
    """Horizontal rows from the top, the first at ``first``: their names at the left, what is told of each behind."""
    places = [first + place for place in range(len(names))]
    axes.set_yticks(places, names, color=INK)
    axes.set_ylim(first + len(names) - 0.5, first - 0.5)
    axes.grid(visible=False, axis="y")
    for place, words in zip(places, told, strict=True):
        axes.annotate(
            words, (1, place), xycoords=("axes fraction", "data"), xytext=(8, 0), textcoords="offset points",
            color=QUIET, fontsize=NOTE, va="center",
        )  # fmt: skip


def _bar(axes: Axes, bounds: Interval, place: float, thick: float, colour: str) -> None:
    axes.barh(place, bounds.value, thick, color=colour)
    if np.isfinite(bounds.low) and np.isfinite(bounds.high):  # too few places have no interval
        axes.plot([bounds.low, bounds.high], [place, place], color=INK, linewidth=1.0, marker="|", markersize=5)
