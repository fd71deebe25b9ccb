"""Thinning drawn strokes to lines of one pixel, and finding where they end.

Guo & Hall 1989, Parallel thinning with two-subiteration algorithms, their first algorithm. Whether a pixel goes
depends on its eight neighbours alone, so the rule is a table of 256 entries, and a pass is one filter and one look-up.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

# the bit of each neighbour: north is 1, then clockwise
_BITS = np.array([[128, 1, 2], [64, 0, 4], [32, 16, 8]], np.float32)


def thinned(strokes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The lines (H, W), 0 or 1, in the middle of ``strokes`` (H, W), 0 or 1: connected where the strokes are."""
    lines = strokes.copy()
    while True:
        before = lines
        for table in _GOES:
            lines = lines & ~_looked_up(lines, table)
        if np.array_equal(lines, before):
            return lines


def ends(lines: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Where thinned ``lines`` (H, W), 0 or 1, end: 1 for the last pixel of a line, and for one that stands alone."""
    return lines & _looked_up(lines, _ENDS)


def _looked_up(lines: NDArray[np.uint8], table: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What the ``table`` (256,) says of each pixel's neighbours; outside the picture there is nothing."""
    neighbours = cv2.filter2D(lines, -1, _BITS, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(cv2.LUT(neighbours, table), np.uint8)


def _tables() -> tuple[tuple[NDArray[np.uint8], NDArray[np.uint8]], NDArray[np.uint8]]:
    """For both passes, whether a pixel goes; and whether a pixel is an end: by its neighbours' bits, (256,)."""
    codes = np.arange(256)
    n, ne, e, se, s, sw, w, nw = ((codes >> bit & 1).astype(bool) for bit in range(8))
    parts = sum((~a & (b | c)).astype(int) for a, b, c in ((n, ne, e), (e, se, s), (s, sw, w), (w, nw, n)))  # C(P)
    pairs = ((nw | n, ne | e, se | s, sw | w), (n | ne, e | se, s | sw, w | nw))
    crowd = np.minimum(*(sum(pair.astype(int) for pair in four) for four in pairs))  # N(P)
    inner = (parts == 1) & (crowd >= 2) & (crowd <= 3)
    goes = (inner & ~((n | ne | ~se) & e), inner & ~((s | sw | ~nw) & w))
    ring = np.stack([n, ne, e, se, s, sw, w, nw])
    runs = (~ring & np.roll(ring, -1, axis=0)).sum(0)
    is_end = (ring.sum(0) == 0) | ((runs == 1) & (ring.sum(0) <= 2))
    return (goes[0].astype(np.uint8), goes[1].astype(np.uint8)), is_end.astype(np.uint8)


_GOES, _ENDS = _tables()
