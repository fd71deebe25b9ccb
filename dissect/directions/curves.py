"""Curves of an effect: the share of each class against the strength, over the band of the random directions."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from core_gans.foundation.colours import BLUE, INK, PALE, RED
from core_gans.foundation.figures import page, themed
from dissect.directions.effects import Effect

WIDE, HIGH, COLUMNS = 2.4, 1.6, 3  # inches of a panel; panels in a row


@themed
def curves(effect: Effect, *, count: int = 6) -> Figure:
    """A panel for each of ``count`` classes, or more where more are named: first those that the words name, then those
    that change most. Share of the pixels in percent, strength across.

    The line is the mean over images on its 95% interval; the grey band goes from the lowest to the highest random
    direction. The line is red where the class changes by more than every random direction changes it. RGB bytes
    (H, W, 3).
    """
    order = [effect.labels.index(label) for label in shown_classes(effect, count)]
    lines = -(-len(order) // COLUMNS)
    names = {"beyond every random direction": RED, "not beyond": BLUE, "random directions": PALE}
    note = "percent of the pixels against the strength, with 95 % intervals"
    figure = page(COLUMNS * WIDE, lines * HIGH, effect.name, note, names)
    panels = figure.subplots(lines, COLUMNS, squeeze=False).ravel()
    beyond = set(effect.beyond())
    for axes, k in zip(panels, order, strict=False):
        _draw(axes, effect, k, RED if effect.labels[k] in beyond else BLUE)
    for axes in panels[len(order) :]:
        axes.set_axis_off()
    return figure


def shown_classes(effect: Effect, count: int) -> list[str]:
    """The classes whose curves are drawn: all that :meth:`Effect.beyond` names, filled up to ``count``."""
    named = effect.beyond()
    order = np.argsort(-np.abs(effect.change), kind="stable")
    others = [effect.labels[k] for k in order if effect.labels[k] not in named]
    return named + others[: max(0, count - len(named))]


def _draw(axes: Axes, effect: Effect, k: int, colour: str) -> None:
    random = 100 * effect.control.shares[:, :, k]
    axes.fill_between(effect.strengths, random.min(0), random.max(0), color=PALE, alpha=0.45, linewidth=0)
    low, high = 100 * effect.low[:, k], 100 * effect.high[:, k]
    axes.fill_between(effect.strengths, low, high, color=colour, alpha=0.2, linewidth=0)
    axes.plot(effect.strengths, 100 * effect.shares[:, k], color=colour)
    axes.set_title(effect.labels[k], color=colour if colour == RED else INK)
    axes.set_xlim(effect.strengths[0], effect.strengths[-1])
    axes.set_ylim(0, 1.05 * max(float(random.max()), float(high.max()), 0.5))
    axes.locator_params(nbins=5)
