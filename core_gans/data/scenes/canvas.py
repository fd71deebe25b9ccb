"""A canvas on which picture and mask are one: RGB and a code in the fourth byte, painted by the same strokes.

A scene is 64 units wide and high whatever its size in pixels. The canvas has 4 x 4 cells for each pixel; a
picture is their mean, a mask the class that covers most of them. The code is ``label + 16 * instance``, so that
after all occlusions one count of codes says how much of each tree is left to see.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from core_gans.data.scenes.vocabulary import LABELS

UNITS = 64.0
OVERSAMPLING = 4
MAX_INSTANCES = 15

Colour = tuple[float, float, float]  # RGB in [0, 255]
Point = tuple[float, float]  # x to the right, y down, in units

_SHIFT = 4  # OpenCV's fixed point: coordinates in sixteenths of a cell


class Canvas:
    """Cells (4 size, 4 size, 4), uint8: red, green, blue, code."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.cells = np.zeros((OVERSAMPLING * size, OVERSAMPLING * size, 4), np.uint8)
        self.scale = OVERSAMPLING * size / UNITS  # cells in a unit
        self._fixed = self.scale * (1 << _SHIFT)

    def polygon(self, points: Sequence[Point], colour: Colour, code: int) -> None:
        """Fill a polygon, convex or not."""
        corners = np.rint(np.asarray(points, np.float64) * self._fixed).astype(np.int32)
        cv2.fillPoly(self.cells, [corners], (*colour, code), cv2.LINE_8, _SHIFT)

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour, code: int) -> None:
        """Fill an upright rectangle from (``left``, ``top``) to (``right``, ``bottom``)."""
        s = self.scale
        cells = self.cells[max(round(top * s), 0) : round(bottom * s), max(round(left * s), 0) : round(right * s)]
        cells[:] = tuple(int(value) for value in (*colour, code))

    def disc(self, x: float, y: float, radius: float, colour: Colour, code: int) -> None:
        """Fill a circle of this ``radius`` around (``x``, ``y``)."""
        f = self._fixed
        cv2.circle(self.cells, (round(x * f), round(y * f)), round(radius * f), (*colour, code), -1, cv2.LINE_8, _SHIFT)

    def ellipse(self, x: float, y: float, width: float, height: float, colour: Colour, code: int) -> None:
        """Fill an upright ellipse around (``x``, ``y``) with the half axes ``width`` and ``height``."""
        centre, axes = (
            (round(x * self.scale), round(y * self.scale)),
            (round(width * self.scale), round(height * self.scale)),
        )
        cv2.ellipse(self.cells, centre, axes, 0, 0, 360, (*colour, code), -1)

    def picture(self) -> np.ndarray:
        """The mean of the cells of each pixel: (H, W, 3) float32 in [0, 255]."""
        small = cv2.resize(self.cells, (self.size, self.size), interpolation=cv2.INTER_AREA)
        return small[:, :, :3].astype(np.float32)

    def mask(self) -> np.ndarray:
        """The class that covers most of each pixel, the lowest one of several equals: (H, W) uint8."""
        labels = self.cells[:, :, 3] & 15
        best = np.zeros((self.size, self.size), np.uint8)
        share = np.zeros_like(best)
        for label in np.flatnonzero(self._codes().reshape(16, 16).sum(0)):
            cells = (labels == label).view(np.uint8) * np.uint8(15 * OVERSAMPLING**2)  # a cell is 15 of the mean
            cover = cv2.resize(cells, (self.size, self.size), interpolation=cv2.INTER_AREA)
            more = cover > share
            best[more] = label
            share = np.maximum(share, cover)
        return best

    def areas(self) -> dict[int, float]:
        """The area in sight, in square units, of every code that is on the canvas."""
        counts = self._codes()
        return {int(code): counts[code] / self.scale**2 for code in np.flatnonzero(counts)}

    def _codes(self) -> np.ndarray:
        return np.bincount(self.cells[:, :, 3].ravel(), minlength=256)


def code(label: int, instance: int = 0) -> int:
    """The byte for one thing of a class; ``instance`` tells things of the same class apart."""
    assert label < len(LABELS)
    assert instance <= MAX_INSTANCES
    return label + 16 * instance
