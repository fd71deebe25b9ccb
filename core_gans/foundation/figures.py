"""Shared by all matplotlib pictures: colours, text without formulas, and the conversion to pixels."""

from __future__ import annotations

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from core_gans.foundation.pixels import Picture

INK = "#2b2d33"
QUIET = "#7b7f8a"  # axes, notes
GRID = "#e9eaee"


def plain(text: str) -> str:
    """``text`` as it is, with no formula in it."""
    return text.replace("$", r"\$")


def pixels(figure: Figure) -> Picture:
    """The figure as RGB bytes (H, W, 3)."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
