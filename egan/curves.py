"""The course of an evolution in numbers: from DEAP's logbook to curves that can be drawn and compared.

Single generations are noisy, because every child is judged on one batch of fakes. Each curve is therefore given twice:
``raw``, thinned to a readable number of points, and ``smooth``, a centred moving average.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from deap import tools

MOST = 1000  # points of a curve
PREFIX = "fitness/"  # of the logbook's columns with the fitness of each mutation's child
NARROWEST, WIDEST = 25, 1000  # generations in a moving average


@dataclass(frozen=True)
class Curve:
    """One quantity at the ``generations`` of its ``Curves``; NaN where no generation near had a finite value."""

    raw: np.ndarray  # means over ``every`` generations
    smooth: np.ndarray  # means over ``window`` generations, centred


@dataclass(frozen=True)
class Curves:
    """What happened over the generations, and how often each mutation won."""

    generations: np.ndarray  # (P,) where the points stand: the middle of the generations that they sum up
    every: int  # generations that a point sums up
    window: int  # generations in a moving average
    quality: Curve  # of the best child
    diversity: Curve
    discriminator: Curve  # its loss
    fitness: dict[str, Curve]  # of each mutation's child of the winner's parent
    advantage: dict[str, Curve]  # the same, above the mean of its siblings in that generation
    share: dict[str, np.ndarray]  # (P,) the part of the generations around that each mutation won, 0 to 1
    wins: dict[str, int]  # generations that each mutation won

    @property
    def total(self) -> int:
        """Generations played."""
        return sum(self.wins.values())

    def to_json(self) -> dict[str, Any]:
        """All of it as plain values, rounded to six digits; None in place of NaN."""
        return {
            "generations": self.total,
            "every": self.every,
            "window": self.window,
            "points": _plain(self.generations),
            "quality": _both(self.quality),
            "diversity": _both(self.diversity),
            "discriminator": _both(self.discriminator),
            "fitness": {name: _both(curve) for name, curve in self.fitness.items()},
            "advantage": {name: _both(curve) for name, curve in self.advantage.items()},
            "share": {name: _plain(values) for name, values in self.share.items()},
            "wins": self.wins,
        }


def curves(logbook: tools.Logbook, window: int | None = None, most: int = MOST) -> Curves:
    """The curves of an evolution's logbook, at most ``most`` points each; ValueError when it holds no generation.

    ``window`` generations go into a moving average; default: a 25th of all, between 25 and 1,000. Values that are not
    finite are left out of every mean.
    """
    if not len(logbook):
        raise ValueError("expected a logbook with at least one generation, got an empty one: evolve first.")
    if window is not None and window < 1:
        raise ValueError(f"expected a window of at least one generation, got {window}.")
    count = len(logbook)
    window = min(window or min(max(count // 25, NARROWEST), WIDEST), count)
    every = math.ceil(count / most)
    winners = np.array(logbook.select("winner"))
    tried = {key.removeprefix(PREFIX): None for line in logbook for key in line if key.startswith(PREFIX)}
    mutations = list(tried | dict.fromkeys(winners.tolist()))
    fitness = {mutation: column(logbook, PREFIX + mutation) for mutation in mutations}
    siblings = mean(np.stack(list(fitness.values())), axis=0)

    def curve(values: np.ndarray) -> Curve:
        return Curve(thinned(values, every), middles(moving_average(values, window), every))

    return Curves(
        generations=thinned(column(logbook, "generation"), every),
        every=every,
        window=window,
        quality=curve(column(logbook, "quality")),
        diversity=curve(column(logbook, "diversity")),
        discriminator=curve(column(logbook, "discriminator")),
        fitness={mutation: curve(values) for mutation, values in fitness.items()},
        advantage={mutation: curve(values - siblings) for mutation, values in fitness.items()},
        share={
            mutation: middles(moving_average((winners == mutation).astype(float), window), every)
            for mutation in mutations
        },
        wins={mutation: int((winners == mutation).sum()) for mutation in mutations},
    )


def column(logbook: tools.Logbook, name: str) -> np.ndarray:
    """One column of the logbook (G,) in float64; NaN where a generation lacks it or has no finite value."""
    values = np.array([math.nan if value is None else value for value in logbook.select(name)], dtype=np.float64)
    return np.where(np.isfinite(values), values, math.nan)


def moving_average(values: np.ndarray, window: int) -> np.ndarray:
    """Centred means (G,) over ``window`` of the values (G,), fewer at the ends; NaN counts for nothing."""
    finite = np.isfinite(values)

    def summed(numbers: np.ndarray) -> np.ndarray:  # no difference of long sums, in which one huge value drowns others
        return np.convolve(numbers, np.ones(window))[window // 2 :][: len(values)]

    sums, found = summed(np.where(finite, values, 0.0)), summed(finite.astype(float))
    return np.where(found > 0, sums / np.maximum(found, 1), math.nan)


def thinned(values: np.ndarray, every: int) -> np.ndarray:
    """Means (ceil(G / every),) of neighbouring values (G,); the last one may sum up fewer. NaN counts for nothing."""
    missing = -len(values) % every
    return mean(np.concatenate([values, np.full(missing, math.nan)]).reshape(-1, every), axis=1)


def middles(values: np.ndarray, every: int) -> np.ndarray:
    """The values in the middle of the neighbours that ``thinned`` sums up."""
    starts = np.arange(0, len(values), every)
    return values[(starts + np.minimum(starts + every, len(values)) - 1) // 2]


def mean(values: np.ndarray, axis: int) -> np.ndarray:
    """The mean of the finite values along ``axis``, NaN where there are none."""
    finite = np.isfinite(values)
    sums, counts = np.where(finite, values, 0.0).sum(axis), finite.sum(axis)
    return np.where(counts > 0, sums / np.maximum(counts, 1), math.nan)


def _both(curve: Curve) -> dict[str, list[float | None]]:
    return {"raw": _plain(curve.raw), "smooth": _plain(curve.smooth)}


def _plain(values: np.ndarray) -> list[float | None]:
    return [float(f"{value:.6g}") if math.isfinite(value) else None for value in values.tolist()]
