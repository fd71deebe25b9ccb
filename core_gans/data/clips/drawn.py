"""Clips that are drawn, with what is true of them: a class for each pixel, and how fast each class moves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from core_gans.data.examples import Examples


@dataclass(frozen=True)
class DrawnClips:
    """``clips`` (N, C, T, H, W) uint8, and ``masks`` (N, T, H, W) uint8: the class of each pixel.

    ``velocities`` (N, classes, 2) float32 are pixels in a frame, to the right and down: the motion of a pixel is
    ``velocities[n, masks[n, t, y, x]]``, and that of what stands still is zero. ``labels`` (N,) int64 are numbers of
    ``kinds``, the kinds of motion.
    """

    name: str
    clips: np.ndarray
    masks: np.ndarray
    velocities: np.ndarray
    labels: np.ndarray
    kinds: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.clips)

    def motion(self, index: int) -> np.ndarray:
        """The motion of every pixel of one clip, (T, H, W, 2), to the right and down, in pixels a frame."""
        moving: np.ndarray = self.velocities[index][self.masks[index]]
        return moving

    def examples(self) -> Examples:
        """The clips with the kinds of their motion as a data set to learn from."""
        return Examples(self.name, torch.from_numpy(self.clips), torch.from_numpy(self.labels), self.kinds)
