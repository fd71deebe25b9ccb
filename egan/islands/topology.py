"""From which islands each island receives: a ring, a grid that is closed to a torus, or all from all."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from egan.islands.settings import Topology

NEIGHBOURS = ((-1, 0), (1, 0), (0, -1), (0, 1))  # von Neumann's; Schmiedlechner et al. 2018, figure 1

Sources = list[list[int]]  # for each island, those whose best it receives, in their order; never itself


@dataclass(frozen=True)
class Layout:
    """Who receives from whom among so many islands, and whether who comes replaces the worst or competes."""

    sources: Callable[[int], Sources]
    replaces: bool


def ring(count: int) -> Sources:
    """The island before."""
    return [[(island - 1) % count] if count > 1 else [] for island in range(count)]


def nobody(count: int) -> Sources:
    """No one."""
    return [[] for _ in range(count)]


def everyone(count: int) -> Sources:
    """All others."""
    return [[other for other in range(count) if other != island] for island in range(count)]


def grid(count: int) -> Sources:
    """The neighbours above, below, left and right on a torus."""
    rows, columns = grid_of(count)
    found = []
    for island in range(count):
        row, column = divmod(island, columns)
        beside = {((row + down) % rows) * columns + (column + right) % columns for down, right in NEIGHBOURS}
        found.append(sorted(beside - {island}))
    return found


def grid_of(count: int) -> tuple[int, int]:
    """Rows and columns of the grid of ``count`` cells that is nearest to a square."""
    rows = next(rows for rows in range(math.isqrt(count), 0, -1) if count % rows == 0)
    return rows, count // rows


LAYOUTS: dict[Topology, Layout] = {
    "ring": Layout(ring, replaces=True),
    "grid": Layout(grid, replaces=False),
    "all": Layout(everyone, replaces=False),
    "alone": Layout(nobody, replaces=False),
}
