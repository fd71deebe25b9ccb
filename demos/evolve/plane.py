"""Samples in the plane over the data that they are to resemble, as SVG; known modes stand in circles."""

from __future__ import annotations

from torch import Tensor

from demos.evolve.snapshots import Points

SIDE = 1000
REACH = 1.25  # times the farthest real point
SHOWN_REAL = 700
LEAST_CIRCLE = 26.0


def plane(points: Points) -> str:
    """The figure: real points in grey, samples on top, a circle around each known mode, dashed while it is missed."""
    reach = REACH * (float(points.real.abs().max()) or 1.0)

    def place(value: float) -> float:
        return SIDE / 2 * (1 + value / reach)

    circles = "".join(
        f'<circle class="{"covered" if mode.covered else "missed"}" cx="{place(mode.x):.0f}" cy="{place(-mode.y):.0f}" '
        f'r="{max(LEAST_CIRCLE, SIDE / 2 * mode.radius / reach):.0f}"/>'
        for mode in points.modes
    )
    told = "Samples of the best survivor in the plane"
    if points.modes:
        told += f": {sum(mode.covered for mode in points.modes)} of {len(points.modes)} modes covered"
    return (
        f'<svg class="plane" viewBox="0 0 {SIDE} {SIDE}" role="img" aria-label="{told}">'
        f'<path class="real" d="{_dots(points.real[:SHOWN_REAL], reach)}"/>'
        f'<path class="samples" d="{_dots(points.samples, reach)}"/>{circles}</svg>'
    )


def _dots(points: Tensor, reach: float) -> str:
    """A path of strokes without length, which round ends make dots; what is far outside is left out."""
    near = points[(points.abs() <= reach).all(1)]
    places = (SIDE / 2 * (1 + near * near.new_tensor([1, -1]) / reach)).round().int().tolist()
    return "".join(f"M{x} {y}h0" for x, y in places)
