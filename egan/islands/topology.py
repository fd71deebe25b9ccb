"""From which islands each island receives: a ring, a grid that is closed to a torus, or all from all."""

from __future__ import annotations

import math

from egan.islands.settings import Topology


def sources(topology: Topology, count: int) -> list[list[int]]:
    """For each of ``count`` islands the islands whose best it receives, in their order; never itself."""
    if topology == "ring":
        return [[(island - 1) % count] if count > 1 else [] for island in range(count)]
    if topology == "all":
        return [[other for other in range(count) if other != island] for island in range(count)]
    rows, columns = grid_of(count)
    found = []
    for island in range(count):
        row, column = divmod(island, columns)
        beside = {((row + down) % rows) * columns + (column + right) % columns for down, right in NEIGHBOURS}
        found.append(sorted(beside - {island}))
    return found


NEIGHBOURS = ((-1, 0), (1, 0), (0, -1), (0, 1))  # von Neumann's; Schmiedlechner et al. 2018, figure 1


def grid_of(count: int) -> tuple[int, int]:
    """Rows and columns of the grid of ``count`` cells that is nearest to a square."""
    rows = next(rows for rows in range(math.isqrt(count), 0, -1) if count % rows == 0)
    return rows, count // rows
