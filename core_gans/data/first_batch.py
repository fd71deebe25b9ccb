"""Images in another range than [-1, 1] train silently wrong: the first batch finds them out."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor

from core_gans.foundation.errors import LabError

IMAGES = 4  # dimensions of a batch of them, at least
SLACK = 0.05  # beyond [-1, 1], as resizing may leave


def require_range(images: Tensor) -> None:
    """LabError for images (N, C, H, W) or (N, C, T, H, W) of floats outside [-1.05, 1.05], and of whole numbers that
    are no bytes; a warning where no float is below 0. Points, tokens and bytes have no such range, and pass.
    """
    if images.dim() < IMAGES or images.dtype == torch.uint8:
        return
    if not images.is_floating_point():
        raise LabError(f"expected images as bytes (uint8) or floats in [-1, 1], got {images.dtype} in the first batch.")
    low, high = (float(each) for each in torch.aminmax(images.detach()))
    if low < -1 - SLACK or high > 1 + SLACK:
        remedy = "divide them by 127.5 and subtract 1" if low >= 0 else "scale them, without a mean and a deviation"
        raise LabError(
            f"expected images in [-1, 1], got [{low:g}, {high:g}] in the first batch: {remedy}, or give bytes (uint8); "
            "core_gans.data.examples_from finds the range itself."
        )
    if low >= 0:
        warnings.warn(
            f"the first batch of images lies in [{low:g}, {high:g}], with nothing below 0: images in [0, 1] are to be "
            "multiplied by 2, less 1 (core_gans.data.examples_from does that).",
            stacklevel=3,
        )
