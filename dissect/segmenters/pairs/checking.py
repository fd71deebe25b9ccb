"""What can be learnt from: arrays of images and masks that fit each other, and enough of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dissect.segmenters.contract import checked_labels
from dissect.segmenters.scoring import UNJUDGED

_SMALLEST = 8  # pixels on a side: the deepest scale of the U-Net sees one of them


def check_pairs(images: NDArray, masks: NDArray, labels: Sequence[str]) -> None:
    """Raise ValueError unless a segmenter can learn ``labels`` from images (N, H, W, 3) and masks (N, H, W)."""
    if images.ndim != 4 or images.shape[3] != 3:
        raise ValueError(f"images must be (N, H, W, 3), got {images.shape}")
    if masks.shape != images.shape[:3]:
        raise ValueError(f"masks must be {images.shape[:3]} like the images, got {masks.shape}")
    if not np.issubdtype(masks.dtype, np.integer):
        raise ValueError(f"masks must hold integers, indices of the labels, got {masks.dtype}")
    if len(images) < 2:
        raise ValueError(f"at least 2 images are needed, one to learn from and one to test on, got {len(images)}")
    if min(images.shape[1:3]) < _SMALLEST:
        raise ValueError(
            f"images must be at least {_SMALLEST} x {_SMALLEST} pixels, got {images.shape[1]} x {images.shape[2]}"
        )
    _check_pixels(images)
    if len(checked_labels(labels)) < 2:
        raise ValueError(f"at least 2 labels are needed to tell apart, got only {labels[0]!r}")
    low, high = int(masks.min()), int(masks.max())
    if low < UNJUDGED or high >= len(labels):
        raise ValueError(
            f"masks must hold 0 to {len(labels) - 1} for {len(labels)} labels, or -1 for none, got {low} to {high}"
        )


def part_of(count: int, held_out: float) -> int:
    """How many of ``count`` images ``held_out`` is: a share, or from 1 a number. ValueError for none, or all."""
    tested = int(min(held_out, count)) if held_out >= 1.0 else 0
    if 0.0 < held_out < 1.0:
        tested = max(1, round(held_out * count))
    if not 0 < tested < count or (held_out > 1.0 and tested != held_out):
        raise ValueError(
            f"held_out is a share between 0 and 1 of {count} images, or a number of them below that, got {held_out}"
        )
    return tested


def held_out_count(held_out: float, masks: NDArray) -> int:
    """How many of the last ``masks`` (N, H, W) ``held_out`` is: a share of them, or from 1 a number.

    Raises:
        ValueError: none would remain to learn from, or one of the two parts judges no pixel.
    """
    tested = part_of(len(masks), held_out)
    for part, use in ((masks[:-tested], "learn from"), (masks[-tested:], "test on")):
        if (part == UNJUDGED).all():
            raise ValueError(f"the masks to {use} judge no pixel: every one of them is -1")
    return tested


def _check_pixels(images: NDArray) -> None:
    if images.dtype == np.uint8:
        return
    if not np.issubdtype(images.dtype, np.floating):
        raise ValueError(f"images must be uint8 in [0, 255] or float in [-1, 1], got {images.dtype}")
    if not np.isfinite(images).all():
        raise ValueError("images hold NaN or infinite values: clean them first")
    if np.abs(images).max() > 1.0:
        raise ValueError(f"float images must be in [-1, 1], got {images.min():g} to {images.max():g}")
