"""Pictures of any size become one tensor of squares: cropped at the centre, resized, and given the same channels.

Every file format ends here: it yields pictures, (H, W) grey or (H, W, 3) RGB, uint8, one at a time, so that the
originals never stand in memory together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import cv2
import numpy as np
import torch
from torch import Tensor

Progress = Callable[[int, int], None]  # (pictures done, pictures in all)

LIMIT_BYTES = 8 * 2**30  # no data set is read that takes more memory than this


def stack(
    pictures: Iterable[np.ndarray],
    count: int,
    size: int,
    channels: int | None = None,
    progress: Progress | None = None,
    nearest: bool = False,
) -> Tensor:
    """``count`` uint8 pictures, (H, W) or (H, W, 3), as (count, C, size, size) uint8.

    C is ``channels`` (1 grey, 3 RGB), or by default what the pictures have: 3 as soon as one of them has colours.
    ``nearest`` resizes by picking pixels, so that no colour arises that was not there, as between classes of a mask.
    Raises ValueError if the result would take more than ``LIMIT_BYTES``.
    """
    _require_room(count, channels or 1, size)  # before the first picture is enlarged
    squares = np.empty((0, 1, size, size), np.uint8)
    for index, picture in enumerate(pictures):
        square = _square(picture, size, nearest)  # (size, size) or (size, size, 3)
        if channels == 1 and square.ndim == 3:
            square = cv2.cvtColor(square, cv2.COLOR_RGB2GRAY)
        if index == 0:
            squares = _reserve(count, channels or (1 if square.ndim == 2 else 3), size)
        elif square.ndim == 3 and squares.shape[1] == 1:
            grey, squares = squares, _reserve(count, 3, size)
            squares[:index] = grey[:index]
        squares[index] = square if square.ndim == 2 else square.transpose(2, 0, 1)
        if progress is not None:
            progress(index + 1, count)
    return torch.from_numpy(squares)


def _square(picture: np.ndarray, size: int, nearest: bool) -> np.ndarray:
    """The central square, reduced by area or enlarged bicubically, or resized by picking pixels."""
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    picture = picture[top : top + side, left : left + side]
    if side == size:
        return picture
    smooth = cv2.INTER_AREA if size < side else cv2.INTER_CUBIC
    way = cv2.INTER_NEAREST if nearest else smooth
    return cv2.resize(np.ascontiguousarray(picture), (size, size), interpolation=way)


def _reserve(count: int, channels: int, size: int) -> np.ndarray:
    _require_room(count, channels, size)
    return np.empty((count, channels, size, size), np.uint8)


def _require_room(count: int, channels: int, size: int) -> None:
    taken = count * channels * size * size
    if taken > LIMIT_BYTES:
        raise ValueError(
            f"{count:,} images of {channels}x{size}x{size} would take {taken / 2**30:.1f} GiB of memory, "
            f"more than {LIMIT_BYTES / 2**30:g} GiB: choose a smaller size or fewer images"
        )
