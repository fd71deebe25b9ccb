"""Arrays of pictures in any usual layout and number type become uint8 pictures, one by one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


def is_pictures(shape: tuple[int, ...]) -> bool:
    """Whether an array of this shape can be N pictures: (N, H, W), (N, H, W, C) or (N, C, H, W), with C 1, 3 or 4."""
    return len(shape) == 3 or (len(shape) == 4 and (shape[3] in (1, 3, 4) or shape[1] in (1, 3, 4)))


def pictures(array: np.ndarray, where: str) -> Iterator[np.ndarray]:
    """Yields (H, W) grey or (H, W, 3) RGB pictures, uint8; a fourth channel is transparency and lies on white.

    Taken are bytes, whole numbers in [0, 255], booleans, and floats in [0, 1] or [-1, 1]: the whole array decides
    which. Raises ValueError at once for another shape, range or type, and for NaN or infinity.
    """
    if not is_pictures(array.shape) or 0 in array.shape:
        raise ValueError(
            f"{where}: expected images (N, H, W), (N, H, W, C) or (N, C, H, W) with C 1, 3 or 4, got {array.shape}"
        )
    scale, shift = _range(array, where)
    return _bytes(array, scale, shift)


def _range(array: np.ndarray, where: str) -> tuple[float, float]:
    """Scale and shift from the array's numbers to [0, 255]."""
    if array.dtype == np.bool_:
        return 255.0, 0.0
    if array.dtype == np.uint8:
        return 1.0, 0.0
    if array.dtype.kind not in "iuf":
        raise ValueError(f"{where}: expected images as bytes or floats, got {array.dtype}")
    with np.errstate(invalid="ignore"):
        low, high = float(array.min()), float(array.max())
    if not np.isfinite([low, high]).all():
        raise ValueError(f"{where}: the images hold NaN or infinity; expected finite numbers")
    if array.dtype.kind in "iu":
        expected, scale, shift, fits = "whole numbers in [0, 255]", 1.0, 0.0, low >= 0 and high <= 255
    elif low >= 0:
        expected, scale, shift, fits = "floats in [0, 1] or [-1, 1]", 255.0, 0.0, high <= 1
    else:
        expected, scale, shift, fits = "floats in [0, 1] or [-1, 1]", 127.5, 127.5, low >= -1 and high <= 1
    if not fits:
        raise ValueError(
            f"{where}: expected {expected}, got [{low:g}, {high:g}]: scale the images, or save bytes (uint8)"
        )
    return scale, shift


def _bytes(array: np.ndarray, scale: float, shift: float) -> Iterator[np.ndarray]:
    channels_first = array.ndim == 4 and array.shape[3] not in (1, 3, 4)
    for image in array:
        if channels_first:
            image = image.transpose(1, 2, 0)
        if array.dtype != np.uint8:
            image = np.rint(image.astype(np.float32) * scale + shift).astype(np.uint8)
        if image.ndim == 3 and image.shape[2] == 4:
            alpha = image[..., 3:].astype(np.float32) / 255
            image = np.rint(image[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)
        yield image[..., 0] if image.ndim == 3 and image.shape[2] == 1 else image
