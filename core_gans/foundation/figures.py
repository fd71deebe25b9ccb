"""The one way to draw a chart into a file: matplotlib with one theme, and pages with a title over their panels."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from functools import cache, wraps
from math import ceil
from threading import RLock
from typing import Any, ParamSpec

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.ticker import LogFormatter

from core_gans.foundation.colours import GRID, INK, QUIET
from core_gans.foundation.lettering import fallbacks
from core_gans.foundation.pixels import Picture

DPI = 110
NOTE = 8.5  # points: what is said beside the titles
TITLE = 14  # points, of one that has room beside it; longer ones are smaller
LETTER = 0.7  # of the size of bold letters: how wide they are in the mean
LEFT = 0.12  # inches left of a page's words
_DRAWING = RLock()  # matplotlib's settings belong to the whole process
P = ParamSpec("P")


@cache
def theme() -> Any:  # matplotlib has a type of its own for this dict, which differs from version to version
    """matplotlib's settings: sizes in points, colours, quiet axes, and words as they are, without formulas.

    Letters that DejaVu Sans lacks are written in an installed font that has them; where there is none, a box is drawn.
    """
    return {
        "figure.dpi": DPI,
        "figure.facecolor": "white",
        "font.family": ["DejaVu Sans", *(name for name, _ in fallbacks())],
        "font.size": 9,
        "text.color": INK,
        "text.parse_math": False,
        "axes.titlelocation": "left",
        "axes.titlesize": 10,
        "axes.titlepad": 6,
        "axes.labelcolor": QUIET,
        "axes.labelsize": NOTE,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.edgecolor": GRID,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
        "grid.color": GRID,
        "grid.linewidth": 0.8,
        "xaxis.labellocation": "right",
        "xtick.major.pad": 5,
        **{f"{axis}tick.{part}.size": 0 for axis in "xy" for part in ("major", "minor")},
        **{f"{axis}tick.color": QUIET for axis in "xy"},
        **{f"{axis}tick.labelsize": NOTE for axis in "xy"},
        "lines.linewidth": 1.8,
        "lines.solid_capstyle": "round",
        "legend.frameon": False,
        "legend.labelcolor": INK,
    }


def themed(draw: Callable[P, Figure]) -> Callable[P, Picture]:
    """Let ``draw`` make its figure by the theme; what is returned are the figure's pixels, RGB bytes (H, W, 3)."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> Picture:
        with _DRAWING, rc_context(theme()), warnings.catch_warnings():
            warnings.filterwarnings("ignore", r"Glyph .* missing from font")  # the box that is drawn says so
            canvas = FigureCanvasAgg(draw(*args, **kwargs))
            canvas.draw()
            return np.asarray(canvas.buffer_rgba())[..., :3].copy()

    return drawn


def page(width: float, height: float, title: str, note: str = "", names: Mapping[str, str] | None = None) -> Figure:
    """A figure with room for panels of ``width`` by ``height`` inches, which are laid out so that no words overlap.

    Above them, and not counted in ``height``: the title, a quiet ``note``, and ``names``, each in its colour.
    """
    styles = {name: {"color": colour, "marker": "o", "linestyle": ""} for name, colour in (names or {}).items()}
    lengths = [0.4 + 0.09 * len(name) for name in styles]  # inches, roughly
    columns = max(1, len(styles) if sum(lengths) < width else int(width / max(lengths)))
    head = 0.46 + 0.24 * bool(note) + 0.22 * ceil(len(styles) / columns)
    share = height / (height + head)
    layout = ConstrainedLayoutEngine(h_pad=0.07, w_pad=0.1, rect=(0, 0, 1, share))  # type: ignore[no-untyped-call]
    figure = Figure(figsize=(width, height + head), layout=layout)
    header(figure, title, note, styles, columns)
    return figure


def header(
    figure: Figure, title: str, note: str, styles: Mapping[str, Mapping[str, Any]], columns: int, left: float = LEFT
) -> None:
    """Title, note and a legend of lines in ``styles``, in ``columns``, at the top of a figure of any layout."""
    width, height = figure.get_size_inches()
    size = TITLE * min(1.0, (width - 2 * left) / max(len(title) * LETTER * TITLE / 72, 1e-9))
    figure.text(left / width, 1 - 0.31 / height, title, fontsize=size, fontweight="bold")
    figure.text(left / width, 1 - 0.55 / height, note, color=QUIET, fontsize=NOTE + 0.5)
    figure.legend(
        [Line2D([], [], **style) for style in styles.values()],
        list(styles),
        loc="upper left",
        bbox_to_anchor=(left / width, 1 - (0.65 if note else 0.41) / height),
        ncols=columns,
        labelcolor="linecolor",
        prop={"size": 9.5, "weight": "bold"},
        handlelength=2.2 if any(style.get("linestyle") != "" for style in styles.values()) else 0.9,
        handletextpad=0.5,
        columnspacing=1.6,
        borderpad=0,
        borderaxespad=0,
    )


def logarithmic(axes: Axes) -> None:
    """Let the vertical axis be logarithmic, with plain numbers."""
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(_PlainNumbers())
    axes.yaxis.set_minor_formatter(_PlainNumbers())


class _PlainNumbers(LogFormatter):
    """Numbers where matplotlib's own formatter has formulas."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        return f"{x:g}" if super().__call__(x, pos) else ""
