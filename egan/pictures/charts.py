"""The course of an evolution as one picture: fitness, quality, diversity, and which mutation wins."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from core_gans.foundation.figures import QUIET, pixels
from egan.curves import Curve, Curves
from egan.pictures.drawing import DPI, calm, colours, header, words

RAW, SMOOTH = 0.22, 1.8  # opacity of the raw lines, width of the smooth ones in points
NOISY = 0.1  # opacity of the raw lines where noise is most of them
BEST = "#3d4350"


def evolution_picture(curves: Curves, title: str = "") -> np.ndarray:
    """Five panels over the generations as RGB bytes (H, W, 3).

    Above: the fitness of each mutation's child, and how far it is above its siblings' mean. Between: the two parts of
    the best child's fitness, quality and diversity. Below: the share of the generations that each mutation won.
    ValueError for curves of a single point.
    """
    if len(curves.generations) < 2:
        raise ValueError(f"expected curves of at least two points, got {len(curves.generations)}: evolve further.")
    paint = colours(curves.fitness)
    figure = Figure(figsize=(12, 9.4), dpi=DPI, facecolor="white")
    grid = figure.add_gridspec(
        3, 2, left=0.06, right=0.965, top=0.845, bottom=0.058, hspace=0.42, wspace=0.15, height_ratios=(1, 1, 1.15)
    )
    panels = [figure.add_subplot(grid[row, side]) for row in (0, 1) for side in (0, 1)]
    _header(figure, curves, paint, title)
    for axes, lines, name, note, opacity in (
        (panels[0], curves.fitness, "Fitness", "of each mutation's child", RAW),
        (panels[1], curves.advantage, "Advantage", "fitness above the siblings' mean", NOISY),
    ):
        calm(axes, name, note)
        for mutation, curve in lines.items():
            _line(axes, curves, curve, paint[mutation], opacity)
        _frame(axes, curves, list(lines.values()))
    panels[1].axhline(0, color=QUIET, linewidth=0.8, zorder=1)
    for axes, curve, name, note in (
        (panels[2], curves.quality, "Quality", "of the best child: how real the discriminator finds it"),
        (panels[3], curves.diversity, "Diversity", "of the best child: −log of the discriminator's gradient"),
    ):
        calm(axes, name, note)
        _line(axes, curves, curve, BEST)
        _frame(axes, curves, [curve])
    _shares(figure.add_subplot(grid[2, :]), curves, paint)
    return pixels(figure)


def _header(figure: Figure, curves: Curves, paint: dict[str, str], title: str) -> None:
    """What the lines mean, and the mutations' names in their colours."""
    raw = f"means of {curves.every} generations" if curves.every > 1 else "single generations"
    note = f"{curves.total:,} generations · light: {raw} · strong: moving average of {curves.window:,}"
    won = {f"{words(name)}  won {curves.wins[name] / curves.total:.0%}": colour for name, colour in paint.items()}
    header(figure, title or "Evolution", note, won, 0.06)


def _line(axes: Axes, curves: Curves, curve: Curve, colour: str, opacity: float = RAW) -> None:
    axes.plot(curves.generations, curve.raw, color=colour, alpha=opacity, linewidth=0.8)
    axes.plot(curves.generations, curve.smooth, color=colour, linewidth=SMOOTH, solid_capstyle="round")


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


def _shares(axes: Axes, curves: Curves, paint: dict[str, str]) -> None:
    """A stacked area, with the places where the borders would be if chance chose the winner."""
    calm(axes, "Winning mutations", f"share of {curves.window:,} generations · dashed: if all won equally often")
    axes.stackplot(
        curves.generations,
        *curves.share.values(),
        colors=[paint[mutation] for mutation in curves.share],
        alpha=0.85,
        edgecolor="white",
        linewidth=0.8,
    )
    for border in range(1, len(curves.share)):
        axes.axhline(border / len(curves.share), color="white", linewidth=1.1, linestyle=(0, (4, 4)))
    axes.set_xlim(curves.generations[0], curves.generations[-1])
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 0.5, 1], ["0", "50 %", "100 %"])
    axes.grid(visible=False)
    axes.set_xlabel("generation", color=QUIET, fontsize=9, loc="right")
