"""What is sent to the canvas in the browser: pictures as PNGs of their own size, classes as one byte a pixel."""

from __future__ import annotations

import base64

import cv2
import numpy as np
import torch
from torch import Tensor

from core_gans.foundation.sheets import to_bytes

NO_CLASS = 255  # in the bytes of a class map


def png(image: Tensor) -> str:
    """``image`` (C, H, W) in [-1, 1] as the data URL of a PNG of the same size."""
    return data_url(to_bytes(image[None])[0])


def data_url(picture: np.ndarray) -> str:
    """``picture`` (H, W, 3), RGB bytes, as the data URL of a PNG."""
    done, code = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    assert done
    return "data:image/png;base64," + base64.b64encode(code.tobytes()).decode()


def class_bytes(classes: Tensor) -> str:
    """``classes`` (H, W), indices of labels or -1 for none, in base64: row by row, ``NO_CLASS`` for none."""
    numbers = torch.where(classes < 0, NO_CLASS, classes).to(torch.uint8)
    return base64.b64encode(numbers.cpu().numpy().tobytes()).decode()
