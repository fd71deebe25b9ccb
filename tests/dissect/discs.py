"""Pictures of discs and bars with exact masks, for segmenters to learn."""

from __future__ import annotations

import numpy as np
import torch

from dissect.segmenters.protocol import Segmenter

LABELS = ("ground", "disc", "bar", "never")
COLOURS = ((10, 120, 20), (220, 40, 40), (40, 60, 230), (0, 0, 0))


def discs(count: int, seed: int = 0, size: int = 16) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of a red disc and a blue bar on green ground, and their masks; class 3 is nowhere."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:size, :size]
    masks = np.zeros((count, size, size), np.uint8)
    for mask in masks:
        y, x = rng.integers(4, size - 4, 2)
        mask[(rows - y) ** 2 + (columns - x) ** 2 < 10] = 1
        left = rng.integers(0, size - 3)
        mask[:, left : left + 2] = 2
    images = np.asarray(COLOURS, np.uint8)[masks] + rng.integers(0, 20, (count, size, size, 3)).astype(np.uint8)
    return images, masks


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def classes_of(segmenter: Segmenter, images: np.ndarray) -> np.ndarray:
    """What is seen in pictures (N, H, W, 3) uint8: (N, H, W)."""
    return segmenter(torch.from_numpy(images).permute(0, 3, 1, 2).float() / 127.5 - 1).numpy()
