"""The course of an evolution as one picture: fitness, quality, diversity, and which mutation wins."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from core_gans.foundation.colours import INK, QUIET
from core_gans.foundation.figures import page, themed
from egan.curves import Curve, Curves
from egan.pictures.colours import colours, words
from egan.pictures.panels import draw_shares, timeline

RAW = 0.22  # opacity of the raw lines
NOISY = 0.1  # opacity of the raw lines where noise is most of them


@themed
def evolution_picture(curves: Curves, title: str = "") -> Figure:
    """Five panels over the generations as RGB bytes (H, W, 3).

    Above: the fitness of each mutation's child, and how far it is above its siblings' mean. Between: the two parts of
    the best child's fitness, quality and diversity. Below: the share of the generations that each mutation won.
    ValueError for curves of a single point.
    """
    if len(curves.generations) < 2:
        raise ValueError(f"expected curves of at least two points, got {len(curves.generations)}: evolve further.")
    paint = colours(curves.fitness)
    raw = f"means of {curves.every} generations" if curves.every > 1 else "single generations"
    note = f"{curves.total:,} generations · light: {raw} · strong: moving average of {curves.window:,}"
    won = {f"{words(name)}  won {curves.wins[name] / curves.total:.0%}": colour for name, colour in paint.items()}
    figure = page(12, 8.3, title or "Evolution", note, won)
    mosaic: list[Any] = [["fitness", "advantage"], ["quality", "diversity"], ["shares", "shares"]]
    panels = figure.subplot_mosaic(mosaic, height_ratios=(1, 1, 1.15))
    for name, lines, about, opacity in (
        ("fitness", curves.fitness, "of each mutation's child", RAW),
        ("advantage", curves.advantage, "fitness above the siblings' mean", NOISY),
        ("quality", {"": curves.quality}, "of the best child: how real the discriminator finds it", RAW),
        ("diversity", {"": curves.diversity}, "of the best child: −log of the discriminator's gradient", RAW),
    ):
        timeline(panels[name], name.capitalize(), about)
        for mutation, curve in lines.items():
            _line(panels[name], curves, curve, paint.get(mutation, INK), opacity)
        _frame(panels[name], curves, list(lines.values()))
    panels["advantage"].axhline(0, color=QUIET, linewidth=0.8, zorder=1)
    timeline(
        panels["shares"],
        "Winning mutations",
        f"share of {curves.window:,} generations · dashed: if all won equally often",
    )
    draw_shares(panels["shares"], curves.generations, curves.share, paint)
    panels["shares"].set_xlim(curves.generations[0], curves.generations[-1])
    return figure


def _line(axes: Axes, curves: Curves, curve: Curve, colour: str, opacity: float = RAW) -> None:
    axes.plot(curves.generations, curve.raw, color=colour, alpha=opacity, linewidth=0.8)
    axes.plot(curves.generations, curve.smooth, color=colour, zorder=3)


def _frame(axes: Axes, curves: Curves, lines: list[Curve]) -> None:
    """Room for every smooth line and for nearly all of the raw ones: a few extreme generations must not flatten it."""
    axes.set_xlim(curves.generations[0], curves.generations[-1])
    raw = np.concatenate([line.raw for line in lines])
    smooth = np.concatenate([line.smooth for line in lines])
    raw, smooth = raw[np.isfinite(raw)], smooth[np.isfinite(smooth)]
    if not len(raw):
        axes.set_yticks([])
        axes.text(0.5, 0.5, "no finite value", transform=axes.transAxes, ha="center", color=QUIET)
        return
    low, high = np.quantile(raw, (0.02, 0.98))
    low, high = min(low, smooth.min()), max(high, smooth.max())
    margin = 0.08 * (high - low) or 0.1
    axes.set_ylim(low - margin, high + margin)
    axes.locator_params(axis="y", nbins=5)
