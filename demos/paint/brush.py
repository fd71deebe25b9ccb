"""The brush: from the line that a stroke followed to the mask under which units are edited."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import torch

MASKS_KEPT = 512


@lru_cache(maxsize=MASKS_KEPT)
def brush_mask(points: tuple[tuple[float, float], ...], radius: float, soft: float, side: int) -> torch.Tensor:
    """:func:`brush`, remembered: a stroke is painted again whenever another one is added. Not to be changed."""
    return brush(points, radius, soft, side)


# The script of a session carries the text of this function with it, so it stands on numpy, cv2 and torch alone.
def brush(points, radius: float, soft: float, side: int) -> torch.Tensor:  # type: ignore[no-untyped-def]
    """The mask (side, side), in [0, 1], of a disc that passes along ``points`` (x, y).

    Points and radius are in shares of the side. The mask rises from 0 at the disc's edge to 1 over the share ``soft``
    of its radius. It is drawn eight times larger first, so that a pixel half covered is masked by half.
    """
    fine = np.zeros((side * 8, side * 8), np.uint8)
    places = np.rint(np.clip(np.asarray(points, np.float64), -1, 2) * side * 8 - 0.5).astype(np.int32)
    width = max(1, round(2 * radius * side * 8))
    cv2.polylines(fine, [places[:, None]], False, 255, width)
    if len(places) == 1:
        cv2.circle(fine, places[0].tolist(), width // 2, 255, -1)
    mask = fine / np.float32(255)
    if soft > 0:
        half = cv2.resize(fine, (side * 4, side * 4), interpolation=cv2.INTER_AREA)
        depth = cv2.distanceTransform((half > 127).astype(np.uint8), cv2.DIST_L2, 3)
        mask = np.minimum(depth / np.float32(soft * radius * side * 4), 1)
    small = cv2.resize(mask, (side, side), interpolation=cv2.INTER_AREA)
    return torch.from_numpy(np.clip(small, 0, 1))
