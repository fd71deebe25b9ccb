"""Pictures of any size become one tensor: each is brought to the frame, and all are given the same channels.

Every file format ends here: it yields pictures, (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGB and opacity, uint8, one at
a time, so that the originals never stand in memory together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import cv2
import numpy as np
import torch
from torch import Tensor

from core_gans.data import room
from core_gans.data.frame import Frame

Progress = Callable[[int, int], None]  # (pictures done, pictures in all)
_OPAQUE = 255


class Stack:
    """Images (N, C, height, width), uint8, that come one by one; at most ``count``. LabError where there is no room.

    C is the frame's ``colours``, or by default what the pictures have: 3 as soon as one of them has colours.
    """

    def __init__(self, count: int, frame: Frame, nearest: bool = False) -> None:
        self.count, self.frame, self.nearest = count, frame, nearest
        self.filled = 0
        shape = self._shape(frame.colours or 1)
        room.require_disk(int(np.prod(shape, dtype=np.float64)), shape)  # before the first picture is enlarged
        self._images = np.empty((0, 1, frame.height, frame.width), np.uint8)

    def add(self, picture: np.ndarray) -> None:
        """The next picture, uint8, (H, W) or (H, W, 3), of any size."""
        image = _in_colours(self.frame.fit(picture, self.nearest), self.frame.colours)
        if self.filled == 0:
            self._images = room.reserve(self._shape(self.frame.colours or (1 if image.ndim == 2 else 3)))
        elif image.ndim == 3 and self._images.shape[1] == 1:
            grey, self._images = self._images, room.reserve(self._shape(3))
            self._images[: self.filled] = grey[: self.filled]
        self._images[self.filled] = image if image.ndim == 2 else image.transpose(2, 0, 1)
        room.touched(image.nbytes)
        self.filled += 1

    def images(self) -> Tensor:
        """All that were added, (N, C, H, W) uint8."""
        return torch.from_numpy(self._images[: self.filled])

    def _shape(self, colours: int) -> tuple[int, ...]:
        return self.count, colours, self.frame.height, self.frame.width


def stack(pictures: Iterable[np.ndarray], count: int, frame: Frame) -> Tensor:
    """``count`` uint8 pictures as one tensor (count, C, height, width) uint8; see ``Stack``."""
    stacked = Stack(count, frame)
    for picture in pictures:
        stacked.add(picture)
    return stacked.images()


def _in_colours(image: np.ndarray, colours: int | None) -> np.ndarray:
    """(H, W), (H, W, 3) or (H, W, 4) with as many channels as asked for; opacity comes only where it is asked for."""
    if colours == 1 and image.ndim == 3:
        return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    if colours == 4 and (image.ndim == 2 or image.shape[2] == 3):
        rgb = image if image.ndim == 3 else np.dstack((image,) * 3)
        return np.dstack((rgb, np.full(rgb.shape[:2], _OPAQUE, np.uint8)))
    return image
