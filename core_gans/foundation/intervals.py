"""A measured number with its interval, and how both are written: ``0.123 (0.101 to 0.145)``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Interval:
    """An estimate and the ends of its 95% interval. It unpacks into the three, and formats each by the same words."""

    value: float
    low: float
    high: float

    def __iter__(self) -> Iterator[float]:
        yield from (self.value, self.low, self.high)

    def __format__(self, spec: str) -> str:
        """``f"{interval:+.2f}"``: each number written by the format; three decimals where there is none."""
        value, low, high = (format(number, spec or ".3f") for number in self)
        return f"{value} ({low} to {high})"

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
