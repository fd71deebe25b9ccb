"""The size that all pictures of a data set are brought to, how a picture of other proportions is, and its channels."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from core_gans.foundation.errors import LabError

Size = int | str
"""Side of a square in pixels, or ``WIDTHxHEIGHT``."""
Resize = Literal["crop", "pad", "stretch"]
COLOURS = (1, 3, 4)
_CLEAR = 255  # the colour of what cannot be seen: white, as transparency lies on white elsewhere


@dataclass(frozen=True)
class Frame:
    """``width`` and ``height`` in pixels, ``colours`` 1 (grey), 3 (RGB), 4 (RGB and opacity) or None for what there is.

    crop: the centre of the frame's proportions, reduced or enlarged. stretch: all of it, whatever its proportions.
    pad: all of it, reduced where it is too large but never enlarged, in the middle of a field in the colour that most
    of its edge has (the median); the field is clear where opacity is kept.
    """

    height: int
    width: int
    colours: int | None = None
    resize: Resize = "crop"

    @classmethod
    def of(cls, size: Size, colours: int | None = None, resize: Resize = "crop") -> Frame:
        """The frame of a ``size`` as people give it. LabError for sizes and colours that are none."""
        width, height = sides(size)
        if colours not in (None, *COLOURS):
            raise LabError(f"expected channels 1 (grey), 3 (RGB) or 4 (RGB and opacity), got {colours}")
        if resize not in ("crop", "pad", "stretch"):
            raise LabError(f"expected a way to resize, crop, pad or stretch, got {resize!r}")
        return cls(height, width, colours, resize)

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"

    @property
    def least(self) -> int:
        """What both sides of a JPEG must keep when it is read reduced."""
        return 2 * max(self.height, self.width)

    def cuts(self, height: int, width: int) -> bool:
        """Whether something of a picture of this size is left out."""
        return self.resize == "crop" and self._centre(height, width) != (height, width)

    def fit(self, picture: np.ndarray, nearest: bool = False) -> np.ndarray:
        """A picture (H, W) or (H, W, C), uint8, as (height, width) or (height, width, C), in its own colours.

        Reduced by area or enlarged bicubically; ``nearest`` picks pixels instead, so that no colour arises that was not
        there. Colours weigh as much as they can be seen; clear pixels become white.
        """
        if picture.ndim == 3 and picture.shape[2] == 4:
            picture = _white_where_clear(picture)
        high, wide = picture.shape[:2]
        if self.resize == "crop":
            height, width = self._centre(high, wide)
            top, left = (high - height) // 2, (wide - width) // 2
            picture = picture[top : top + height, left : left + width]
        elif self.resize == "pad":
            share = min(1.0, self.height / high, self.width / wide)
            inner = max(1, round(high * share)), max(1, round(wide * share))
            return self._padded(_resized(picture, *inner, nearest))
        return _resized(picture, self.height, self.width, nearest)

    def _centre(self, height: int, width: int) -> tuple[int, int]:
        """Height and width of the largest part of a picture of this size that has the frame's proportions."""
        if height * self.width > width * self.height:
            return max(1, round(width * self.height / self.width)), width
        return height, max(1, round(height * self.width / self.height))

    def _padded(self, picture: np.ndarray) -> np.ndarray:
        high, wide = picture.shape[:2]
        page = np.empty((self.height, self.width, *picture.shape[2:]), np.uint8)
        page[:] = _field(picture)
        top, left = (self.height - high) // 2, (self.width - wide) // 2
        page[top : top + high, left : left + wide] = picture
        return page


def sides(size: Size) -> tuple[int, int]:
    """Width and height in pixels of a side (a square) or of ``WIDTHxHEIGHT``. LabError for what is neither."""
    found = re.fullmatch(r"(\d{1,9})(?:x(\d{1,9}))?", str(size).strip().lower())
    if found is None:
        raise LabError(f"expected a size as 64 (a square) or 128x64 (width x height), in pixels, got {size!r}")
    width = int(found[1])
    height = int(found[2]) if found[2] else width
    if width < 1 or height < 1:
        raise LabError(f"expected a size of at least 1 pixel, got {size}")
    return width, height


def size_of(shape: tuple[int, ...]) -> Size:
    """The size of images of this shape (C, H, W), as people give it."""
    return shape[2] if shape[1] == shape[2] else f"{shape[2]}x{shape[1]}"


def _resized(picture: np.ndarray, height: int, width: int, nearest: bool) -> np.ndarray:
    high, wide = picture.shape[:2]
    if (high, wide) == (height, width):
        return picture
    way = cv2.INTER_AREA if height <= high and width <= wide else cv2.INTER_CUBIC
    if nearest:
        way = cv2.INTER_NEAREST
    picture = np.ascontiguousarray(picture)
    if picture.ndim == 3 and picture.shape[2] == 4 and not nearest:
        return _by_opacity(picture, height, width, way)
    return cv2.resize(picture, (width, height), interpolation=way)


def _by_opacity(picture: np.ndarray, height: int, width: int, way: int) -> np.ndarray:
    opacity = picture[..., 3:].astype(np.float32) / 255
    weighed = np.concatenate((picture[..., :3] * opacity, 255 * opacity), axis=2)
    resized = cv2.resize(weighed, (width, height), interpolation=way)
    colours = resized[..., :3] / np.maximum(resized[..., 3:] / 255, 1 / 255)
    return _white_where_clear(np.rint(np.clip(np.dstack((colours, resized[..., 3])), 0, 255)).astype(np.uint8))


def _white_where_clear(picture: np.ndarray) -> np.ndarray:
    return np.where(picture[..., 3:] == 0, np.array([_CLEAR, _CLEAR, _CLEAR, 0], np.uint8), picture)


def _field(picture: np.ndarray) -> np.ndarray:
    """The colour around a picture that is padded."""
    if picture.ndim == 3 and picture.shape[2] == 4:
        return np.array([_CLEAR, _CLEAR, _CLEAR, 0], np.uint8)
    edge = np.concatenate((picture[0], picture[-1], picture[:, 0], picture[:, -1]))
    return np.median(edge, axis=0).astype(np.uint8)
