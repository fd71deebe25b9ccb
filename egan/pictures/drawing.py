"""What the pictures of an evolution have in common: the colours of mutations, headers, and quiet axes."""

from __future__ import annotations

from collections.abc import Iterable

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from core_gans.foundation.figures import GRID, INK, QUIET, plain

FOUNDER = "#9aa0ab"
COLOURS = {
    "minimax": "#4a78b5",
    "heuristic": "#e08a3c",
    "least_squares": "#4fa187",
    "least_squares_logits": "#9a6bb0",
    "founder": FOUNDER,
}
OTHERS = ("#c75b6b", "#7a6a53", "#5aa9c4", "#b5a13a", "#6b6fd0", "#8f9c4b")  # mutations of a user's own, in order
DPI = 110


def colours(mutations: Iterable[str]) -> dict[str, str]:
    """A colour for each mutation: the paper's always have the same one."""
    names = list(dict.fromkeys(mutations))
    own = [name for name in names if name not in COLOURS]
    return {name: COLOURS.get(name) or OTHERS[own.index(name) % len(OTHERS)] for name in names}


def words(mutation: str) -> str:
    """A mutation's name as people write it."""
    return plain(mutation.replace("_", " "))


def header(figure: Figure, title: str, note: str, names: dict[str, str], left: float) -> None:
    """The picture's title, a quiet note below it, and below that ``names``, each in its colour behind a dot of it."""
    inch = 1 / figure.get_figheight()
    figure.text(left, 1 - 0.42 * inch, plain(title), color=INK, fontsize=15, fontweight="bold")
    figure.text(left, 1 - 0.69 * inch, note, color=QUIET, fontsize=9.5)
    figure.legend(
        [Line2D([], [], color=colour, marker="o", linestyle="", markersize=8) for colour in names.values()],
        list(names),
        loc="upper left",
        bbox_to_anchor=(left - 0.004, 1 - 0.86 * inch),
        ncols=6,
        frameon=False,
        labelcolor=list(names.values()),
        prop={"size": 10.5, "weight": "bold"},
        handlelength=1.0,
        handletextpad=0.5,
        columnspacing=1.8,
        borderpad=0,
        borderaxespad=0,
    )


def calm(axes: Axes, title: str, note: str = "") -> None:
    """A panel over the generations: a light grid, the title at the left, a quiet note beside it."""
    timeline(axes)
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    heading = axes.annotate(
        title,
        (0, 1),
        xytext=(0, 9),
        xycoords="axes fraction",
        textcoords="offset points",
        color=INK,
        fontsize=10.5,
        fontweight="bold",
    )
    axes.annotate(
        note, (1, 0), xytext=(8, 0.5), xycoords=heading, textcoords="offset points", color=QUIET, fontsize=8.5
    )


def timeline(axes: Axes) -> None:
    """A quiet axis of whole generations, and no other frame."""
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(GRID)
    axes.xaxis.set_major_locator(MaxNLocator(9, integer=True, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.tick_params(colors=QUIET, labelsize=8.5, length=0, pad=5)
