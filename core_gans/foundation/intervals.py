"""A measured number with its interval, and how both are written: ``0.123 (0.101 to 0.145)``, ``-70% (-75 to -65)``."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Interval:
    """An estimate and the ends of its 95% interval. It unpacks into the three, and formats each by the same words.

    Ends that are NaN are no interval: there was too little to tell one from.
    """

    value: float
    low: float
    high: float

    def __iter__(self) -> Iterator[float]:
        yield from (self.value, self.low, self.high)

    def __format__(self, spec: str) -> str:
        """``f"{interval:+.2f}"``: each number written by the format; three decimals where there is none."""
        value, low, high = (written(number, spec or ".3f") for number in self)
        if math.isnan(self.low) or math.isnan(self.high):
            return f"{value} (too few for an interval)"
        return between(value, low.removesuffix("%"), high.removesuffix("%"))

    def __str__(self) -> str:
        return format(self, "")


@dataclass(frozen=True, eq=False)
class Change:
    """A change of each of ``K`` quantities: its mean and a 95% interval of it; NaN where nothing can change."""

    mean: NDArray[np.float64]  # (K,)
    low: NDArray[np.float64]  # (K,)
    high: NDArray[np.float64]  # (K,)

    def of(self, place: int) -> Interval:
        """The change of one quantity."""
        return Interval(float(self.mean[place]), float(self.low[place]), float(self.high[place]))


def written(number: float, spec: str) -> str:
    """``number`` by a format; what rounds to nothing has no sign: ``0%``, never ``-0%`` or ``+0%``."""
    words = format(number, spec)
    return words.lstrip("+-") if not words.strip("+-0.%") else words


def between(value: str, low: str, high: str) -> str:
    """An estimate with the ends of its interval, the one way it is written."""
    return f"{value} ({low} to {high})"
