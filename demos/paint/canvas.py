"""What is sent to the canvas in the browser: pictures as PNGs of their own size, classes as one byte a pixel."""

from __future__ import annotations

import base64

import torch
from torch import Tensor

from core_gans.foundation.pixels import png_url, to_bytes, webp_url

THUMBNAIL_QUALITY = 84
NO_CLASS = 255  # in the bytes of a class map


def image_url(image: Tensor) -> str:
    """``image`` (C, H, W) in [-1, 1] as the data URL of a PNG of the same size."""
    return png_url(to_bytes(image[None])[0])


def thumbnail_url(image: Tensor) -> str:
    """``image`` (C, H, W) in [-1, 1] to be shown small: a data URL of a fifth of the bytes, not to the bit."""
    return webp_url(to_bytes(image[None])[0], THUMBNAIL_QUALITY)


def class_bytes(classes: Tensor) -> str:
    """``classes`` (H, W), indices of labels or -1 for none, in base64: row by row, ``NO_CLASS`` for none."""
    numbers = torch.where(classes < 0, NO_CLASS, classes).to(torch.uint8)
    return base64.b64encode(numbers.cpu().numpy().tobytes()).decode()
