"""Whether a noisy curve rises or falls: the Theil-Sen slope, the median of all slopes between two points.

Theil 1950; Sen 1968. A few outliers, which the curves of GANs have plenty of, do not move it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

WINDOW = 20  # measurements that count as the present
FEWEST = 6  # below that many, no line is drawn
SURE = 3.0  # standard errors


@dataclass(frozen=True)
class Trend:
    """A line through the last points of a curve, in the curve's own unit."""

    start: float  # the line at its first point
    end: float  # and at its last
    now: float  # median of the last three values
    level: float  # median of all values
    noise: float  # standard deviation about the line, by the median absolute deviation
    points: int

    @property
    def change(self) -> float:
        return self.end - self.start

    @property
    def sure(self) -> bool:
        """Whether the change stands out of the noise; sqrt(12 / n) is the standard error of a line's change."""
        return abs(self.change) > SURE * self.noise * math.sqrt(12 / self.points)

    def rises(self, by: float) -> bool:
        return self.sure and self.change > by

    def falls(self, by: float) -> bool:
        return self.sure and -self.change > by


def trend(points: Sequence[tuple[float, float]], window: int = WINDOW) -> Trend | None:
    """The trend over the last ``window`` of the (x, y) ``points``, x ascending; None for fewer than six."""
    points = points[-window:]
    if len(points) < FEWEST:
        return None
    slope = median((y - b) / (x - a) for (a, b), (x, y) in combinations(points, 2) if x > a)
    offset = median(y - slope * x for x, y in points)
    start, end = offset + slope * points[0][0], offset + slope * points[-1][0]
    noise = 1.4826 * median(abs(y - offset - slope * x) for x, y in points)
    now = median(y for _, y in points[-3:])
    return Trend(start, end, now, median(y for _, y in points), noise, len(points))


def highest(points: Sequence[tuple[float, float]]) -> float:
    """The highest value that was no lone outlier: the maximum of medians of three neighbours."""
    values = [y for _, y in points]
    if len(values) < 3:
        return max(values)
    return max(median(values[at : at + 3]) for at in range(len(values) - 2))
