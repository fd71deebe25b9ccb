"""Handwritten digits that need no download: the 1,797 of scikit-learn, brought from 8x8 to any size.

Each of the 8x8 values counts the ink (0 to 16) in a 4x4 block of a 32x32 black and white scan (Alpaydin & Kaynak,
Optical Recognition of Handwritten Digits, UCI, 1998).
"""

from __future__ import annotations

import cv2
import numpy as np
import torch

from core_gans.data.data_set import DataSet, ShortRun
from core_gans.data.examples import Examples
from core_gans.foundation.memory import require_memory

_FULL = 16.0  # ink of a block that is all black
_MARGIN = 1  # blocks of empty paper around each digit: the scans are cropped so close that strokes end at the edge


def digits(size: int = 32) -> Examples:
    """The digits as (1797, 1, size, size) uint8, white ink on black, labels 0 to 9, classes "0" to "9".

    Grown smoothly (bicubic), then the soft edges that blocks leave are narrowed to strokes.
    ValueError for less than 8 pixels.
    """
    if size < 8:
        raise ValueError(f"digits: expected a size of at least 8 pixels, got {size}")
    from sklearn.datasets import load_digits  # takes a second; most commands read no digits

    blocks, labels = load_digits(return_X_y=True)
    paper = np.pad(blocks.reshape(-1, 8, 8) / _FULL, ((0, 0), (_MARGIN, _MARGIN), (_MARGIN, _MARGIN)))
    require_memory(len(paper) * size**2 * 4, f"{len(paper):,} digits of {size:,}x{size:,} pixels", "--size")
    grown = np.stack([_grow(image.astype(np.float32), size) for image in paper])
    images = torch.from_numpy(grown).unsqueeze(1)
    return Examples("digits", images, torch.from_numpy(labels).long(), tuple(str(digit) for digit in range(10)))


def _grow(ink: np.ndarray, size: int) -> np.ndarray:
    grown = np.clip(cv2.resize(ink, (size, size), interpolation=cv2.INTER_CUBIC), 0, 1)
    strokes = grown * grown * (3 - 2 * grown)  # smoothstep: keeps 0, 1/2 and 1, steepens the edge between
    return np.rint(strokes * 255).astype(np.uint8)


DIGITS = DataSet(
    "digits",
    "1,797 handwritten digits.",
    "images",
    lambda wanted: digits(wanted.size),
    colours=1,
    kinds=10,
    kinds_called="digits",
    features="digits-cnn",
    # Readable in a minute and a half on two cores: a narrow network, and a short memory of the weights.
    short=ShortRun(
        fields={"width": 32, "rate": 5e-4},
        average=0.993,
        judge_every=150,
        about="They can be read after about a minute.",
    ),
    quick="In twenty seconds most variants draw some that can be read.",
)
