"""What drawn digits are made of, seen by OpenCV: strokes, the loops they close, their outline and their ends.

Nothing is trained, so nothing can be wrong in the way a network is: a loop is ground that no path of pixels connects
with the picture's border.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dissect.segmenters.contract import Colours, check_images
from dissect.segmenters.thinning import ends, thinned

BACKGROUND, STROKE, LOOP, EDGE, END = range(5)
_CHUNK = 128  # images in one mosaic: OpenCV is called a few times a mosaic, not a few times an image


@dataclass(frozen=True)
class StrokeSegmenter:
    """A ``Segmenter`` for pictures of strokes, such as MNIST's digits of 28 x 28, or smaller and larger ones.

    A pixel is *stroke* where it is brighter than ``threshold``; *loop* where it is ground that strokes enclose; *end*
    where it is stroke near the end of a line; *edge* where it is ground outside that touches a stroke, also
    diagonally: the outline; and *background* otherwise. Strokes hold together, and ground is parted, along diagonals.
    """

    threshold: float = 0.0
    """Brightness in [-1, 1], the mean of the channels, above which a pixel is stroke."""
    dark: bool = False
    """Strokes are darker than the ground, not brighter."""
    smallest_loop: int = 1
    """Pixels of the smallest loop; enclosed ground smaller than that is background."""
    reach: int | None = None
    """Pixels an end reaches along the stroke beyond half its width; None: a fourteenth of the smaller side."""

    labels: ClassVar[tuple[str, ...]] = ("background", "stroke", "loop", "edge", "end")
    colours: ClassVar[Colours] = ((24, 26, 34), (238, 238, 238), (66, 135, 245), (96, 100, 112), (245, 132, 38))

    def __post_init__(self) -> None:
        if not -1.0 <= self.threshold < 1.0:
            raise ValueError(f"threshold is a brightness from -1 to below 1, got {self.threshold}")
        if self.smallest_loop < 1:
            raise ValueError(f"the smallest loop has at least 1 pixel, got {self.smallest_loop}")
        if self.reach is not None and self.reach < 0:
            raise ValueError(f"reach is a number of pixels, 0 or more, got {self.reach}")

    def __call__(self, images: Tensor) -> Tensor:
        """Classes (N, H, W) int64 of images (N, 1 or 3, H, W) in [-1, 1]."""
        check_images(images, channels=(1, 3))
        brightness = images.detach().float().mean(1)
        strokes = (-brightness > -self.threshold if self.dark else brightness > self.threshold).byte().cpu().numpy()
        classes = [self._classes(chunk) for chunk in np.array_split(strokes, max(1, -(-len(strokes) // _CHUNK)))]
        return torch.from_numpy(np.concatenate(classes)).to(images.device, torch.int64)

    def _classes(self, strokes: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Of (N, H, W), 1 for strokes."""
        count, height, width = strokes.shape
        mosaic = np.zeros((count * (height + 1) + 1, width + 2), np.uint8)  # one row of ground around each picture
        cells = mosaic[1:].reshape(count, height + 1, width + 2)[:, :-1, 1:-1]  # a view of the pictures' places
        cells[...] = strokes
        parts, sizes = _ground(mosaic)
        enclosed = (mosaic == 0) & (parts != parts[0, 0])
        outline = (cv2.dilate(mosaic, np.ones((3, 3), np.uint8)) > 0) & (mosaic == 0) & ~enclosed
        found = np.where(mosaic > 0, STROKE, np.where(outline, EDGE, BACKGROUND)).astype(np.uint8)
        found[enclosed & (sizes[parts] >= self.smallest_loop)] = LOOP
        found[self._near(ends(thinned(mosaic)), mosaic, height) & (mosaic > 0)] = END
        return np.ascontiguousarray(found[1:].reshape(count, height + 1, width + 2)[:, :-1, 1:-1])

    def _near(self, tips: NDArray[np.uint8], mosaic: NDArray[np.uint8], height: int) -> NDArray[np.bool_]:
        """The pixels within half a stroke's width and ``reach`` of the tips, each in its own picture."""
        side = min(height, mosaic.shape[1] - 2)
        reach = max(1, round(side / 14)) if self.reach is None else self.reach
        half = cv2.distanceTransform(mosaic, cv2.DIST_L2, 5)
        near = np.zeros_like(mosaic)
        for y, x in zip(*np.nonzero(tips), strict=True):
            top = 1 + (int(y) - 1) // (height + 1) * (height + 1)
            picture = near[top : top + height]
            cv2.circle(picture, (int(x), int(y) - top), round(float(half[y, x])) + reach, 1, thickness=-1)
        return near > 0


def _ground(mosaic: NDArray[np.uint8]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The number of the part of the ground that each pixel belongs to, and how many pixels each part has."""
    _, parts, facts, _ = cv2.connectedComponentsWithStats((mosaic == 0).astype(np.uint8), connectivity=4)
    return np.asarray(parts, np.int32), np.asarray(facts[:, cv2.CC_STAT_AREA], np.int32)
