"""The levels at which a unit counts as on, placed by a sample of its own activation.

Most levels are quantiles. The others lie evenly over the unit's range, for units that are nearly always off: all their
quantiles are zero, and the levels that outline an upsampled blob best lie between.

Comparing every activation with a hundred levels is slow. So each unit's range is cut into ``CELLS`` equal cells, the
levels are snapped to their edges, and a table says how many levels lie below each cell: one multiplication and one
look-up an activation. The levels are then corrected to the last bit, so that "the table counts it above" and
"activation > level" are the same statement in float32.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from dissect.measure.quantiles import Sketch

CELLS = 1024  # a unit; a level lies within half of 1/1024 of the unit's range of where it was meant to lie
STEEP = 1e30  # cells per unit of activation, at most


def spread(small: int = 40, large: int = 30) -> tuple[float, ...]:
    """Shares of pixels at which to place levels, from small objects (0.1%) to backgrounds (95%).

    ``small`` of them in geometric order up to 20%, because IoU changes with the ratio of areas; ``large`` evenly above.
    """
    rare, common = np.geomspace(0.001, 0.2, small), np.linspace(0.2, 0.95, large + 1)[1:]
    return (*rare.tolist(), *common.tolist())


@dataclass(frozen=True)
class Levels:
    """``L`` levels for each of ``U`` units, ascending, and the table that finds them."""

    values: Tensor  # (U, L) float32: on is strictly above
    low: Tensor  # (U,) the lower end of the first cell
    per_cell: Tensor  # (U,) cells per unit of activation
    table: Tensor  # (U * CELLS,) int32: the number of levels below each cell; empty where there is one level only

    @classmethod
    def place(cls, sample: Sketch, shares: Sequence[float], even: int = 0) -> "Levels":
        """Levels that the ``shares`` of a sample of raw activations lie above, and ``even`` evenly spaced ones.

        Raises:
            ValueError: a share is not strictly between 0 and 1.
        """
        low, top = sample.low, sample.quantile(1 - _inside(shares) / 4)
        top = torch.where(top > low, top, sample.top)
        flat = still(low, top)
        low = torch.where(flat, _over(top), low)
        per_cell = torch.where(flat, STEEP, (CELLS - 1) / (top - low).clamp_min(CELLS / STEEP))
        quantiles = sample.quantiles([1 - share for share in shares])
        edges = ((quantiles - low[:, None]) * per_cell[:, None]).round().clamp(0, CELLS - 2)
        spaced = torch.linspace(0, CELLS - 1, even + 2, device=low.device)[1:-1].round()
        edges = torch.cat((edges, spaced.expand(len(edges), -1)), dim=1).sort(dim=1).values
        edges = torch.where(flat[:, None], 0.0, edges)  # a unit that does not move has one level, just above it
        values = _exact(low[:, None] + edges / per_cell[:, None], edges, low, per_cell)
        cells = torch.arange(CELLS, dtype=torch.float32, device=low.device)
        table = torch.searchsorted(edges, cells.expand(len(edges), -1).contiguous())  # levels with edge < cell
        return cls(values, low, per_cell, table.to(torch.int32).flatten())

    @classmethod
    def single(cls, sample: Sketch, share: float) -> "Levels":
        """One level, to the last bit the one that this ``share`` of the sample lies above. Raises as :meth:`place`."""
        low, top, level = sample.low, sample.top, sample.quantile(1 - _inside([share]))
        level = torch.where(still(low, top), _over(top), level)
        return cls(level[:, None], low, torch.ones_like(low), torch.empty(0, dtype=torch.int32, device=low.device))

    def below(self, activations: Tensor) -> Tensor:
        """How many of its unit's levels each activation (P, U) lies strictly above: (P, U) int32."""
        if not len(self.table):
            return (activations > self.values[:, 0]).to(torch.int32)
        return self._looked_up(self.table, activations)

    def bins(self, activations: Tensor) -> Tensor:
        """The same with the unit's number times (L + 1) added, so that each unit has bins of its own: (P, U) int32."""
        if not len(self.table):
            return self.below(activations).add_(self._steps)
        return self._looked_up(self._stepped, activations)

    def _looked_up(self, table: Tensor, activations: Tensor) -> Tensor:
        where = _cell(activations, self.low, self.per_cell).to(torch.int32).add_(self._first)
        return table.index_select(0, where.flatten()).view_as(where)

    def split(self, units: int) -> list["Levels"]:
        """The levels of every ``units`` of the units."""
        if units not in self._parts:
            parts = (part.split(units) for part in (self.values, self.low, self.per_cell))
            tables = self.table.split(units * CELLS) if len(self.table) else [self.table] * len(self.low)
            self._parts[units] = [Levels(*part) for part in zip(*parts, tables, strict=False)]
        return self._parts[units]

    @cached_property
    def _first(self) -> Tensor:
        return torch.arange(len(self.low), dtype=torch.int32, device=self.low.device) * CELLS

    @cached_property
    def _steps(self) -> Tensor:
        return torch.arange(len(self.low), dtype=torch.int32, device=self.low.device) * (self.values.shape[1] + 1)

    @cached_property
    def _stepped(self) -> Tensor:
        return (self.table.view(-1, CELLS) + self._steps[:, None]).flatten()

    @cached_property
    def _parts(self) -> dict[int, list["Levels"]]:
        return {}


def still(low: Tensor, top: Tensor) -> Tensor:
    """Which units, of these extremes (U,), do not move: interpolating a constant jitters in its last bits."""
    return top - low <= 1e-6 * top.abs()


def _over(constant: Tensor) -> Tensor:
    """A level that a constant does not pass however it jitters."""
    return constant + 4e-6 * constant.abs()


def _inside(shares: Sequence[float]) -> float:
    """The smallest of ``shares``, all of which must lie strictly between 0 and 1."""
    if outside := [share for share in shares if not 0 < share < 1]:
        raise ValueError(f"a level is placed at a share of pixels strictly between 0 and 1, got {outside[0]}")
    return min(shares)


def _cell(activations: Tensor, low: Tensor, per_cell: Tensor) -> Tensor:
    """The cell of each activation (..., U), as a whole float32; 0 is "at the low end or below"."""
    return (activations - low).mul_(per_cell).ceil_().clamp_(0, CELLS - 1)


def _exact(guess: Tensor, edges: Tensor, low: Tensor, per_cell: Tensor) -> Tensor:
    """For each level (U, L), guessed to within a cell, the largest float32 whose cell is not above its edge."""
    low, per_cell = low[:, None], per_cell[:, None]
    margin = 2 / per_cell + 1e-6 * (guess.abs() + low.abs())
    below, above = guess - margin, guess + margin  # bisected until no float32 lies between them
    while True:
        middle = ((below.double() + above.double()) / 2).float()
        if not bool(((middle > below) & (middle < above)).any()):
            return below
        under = _cell(middle, low, per_cell) <= edges
        below, above = torch.where(under, middle, below), torch.where(under, above, middle)
