"""What the pictures of a comparison have in common: inks, and the way from a figure to pixels."""

from __future__ import annotations

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

INK = "#2b2d33"
QUIET = "#7b7f8a"  # axes, notes
OTHERS = "#d3d6dc"  # the curves of the other contenders
GRID = "#eceef1"
COLOUR = "#2563af"  # the contender of a panel
REAL = "#4c9f70"
TROUBLE = "#c2483d"
DPI = 100


def plain(text: str) -> str:
    """``text`` as it is, with no formula in it."""
    return text.replace("$", r"\$")


def pixels(figure: Figure) -> np.ndarray:
    """The figure as RGB bytes (H, W, 3)."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[:, :, :3].copy()
