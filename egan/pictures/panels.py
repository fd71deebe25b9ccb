"""Panels of the pictures of an evolution: an axis of generations, and the shares of the winners as a stacked area."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from core_gans.foundation.colours import QUIET
from core_gans.foundation.figures import NOTE


def timeline(axes: Axes, title: str, note: str = "", ticks: int = 9) -> None:
    """A panel over whole generations: its title in bold, and a quiet note beside it."""
    heading = axes.set_title(title, fontweight="bold")
    beside = axes.annotate(
        note, (1, 0), xytext=(8, 0.5), xycoords=heading, textcoords="offset points", color=QUIET, fontsize=NOTE
    )
    beside.set_in_layout(False)  # it may reach beyond its panel
    axes.grid(visible=False, axis="x")
    axes.xaxis.set_major_locator(MaxNLocator(ticks, integer=True, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter("{x:,.0f}")


def draw_shares(axes: Axes, across: np.ndarray, shares: Mapping[str, np.ndarray], paint: Mapping[str, str]) -> None:
    """The ``shares`` (L,) of the mutations that won; dashed are the borders of equal shares."""
    colours = [paint[mutation] for mutation in shares]
    axes.stackplot(across, *shares.values(), colors=colours, alpha=0.85, edgecolor="white", linewidth=0.8)
    for border in range(1, len(shares)):
        axes.axhline(border / len(shares), color="white", linewidth=1.1, linestyle=(0, (4, 4)))
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 0.5, 1], ["0", "50 %", "100 %"])
    axes.set_xlabel("generation")
