"""Samples in the plane over the data that they are to resemble, as SVG; known modes stand in circles."""

from __future__ import annotations

from markupsafe import Markup
from torch import Tensor

from core_gans.foundation.html import tag
from core_gans.foundation.svg_charts import Axis, svg
from demos.evolve.snapshots import Points

SIDE = 1000
REACH = 1.25  # times the farthest real point
SHOWN_REAL = 700
LEAST_CIRCLE = 26.0


def plane(points: Points) -> Markup:
    """The figure: real points in grey, samples on top, a circle around each known mode, dashed while it is missed."""
    reach = REACH * (float(points.real.abs().max()) or 1.0)
    across, down = Axis(-reach, reach, 0, SIDE), Axis(-reach, reach, SIDE, 0)
    circles = [
        tag("circle", class_="covered" if mode.covered else "missed", cx=float(across(mode.x)), cy=float(down(mode.y)),
            r=max(LEAST_CIRCLE, SIDE / 2 * mode.radius / reach))
        for mode in points.modes
    ]  # fmt: skip
    told = "Samples of the best survivor in the plane"
    if points.modes:
        told += f": {sum(mode.covered for mode in points.modes)} of {len(points.modes)} modes covered"
    real = tag("path", class_="real", d=_dots(points.real[:SHOWN_REAL], reach))
    return svg(
        SIDE, SIDE, told, real, tag("path", class_="samples", d=_dots(points.samples, reach)), *circles, kind="plane"
    )


def _dots(points: Tensor, reach: float) -> str:
    """A path of strokes without length, which round ends make dots; what is far outside is left out."""
    near = points[(points.abs() <= reach).all(1)]
    places = (SIDE / 2 * (1 + near * near.new_tensor([1, -1]) / reach)).round().int().tolist()
    return "".join(f"M{x} {y}h0" for x, y in places)
