"""Arrays of pictures in any usual layout and number type become pictures, one by one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core_gans.data.levels import Levels, of_floats, of_sixteen_bits

BYTES = Levels(1.0)
LOOKED_AT = 100  # pictures, evenly spaced: all of a large array would have to be read
DARK = 63  # with no number above this, white may be meant to be less than 255


def is_pictures(shape: tuple[int, ...]) -> bool:
    """Whether an array of this shape can be N pictures: (N, H, W), (N, H, W, C) or (N, C, H, W), with C 1, 3 or 4."""
    return len(shape) == 3 or (len(shape) == 4 and (shape[3] in (1, 3, 4) or shape[1] in (1, 3, 4)))


def channels_first(shape: tuple[int, ...]) -> bool:
    """Whether pictures of this shape are (N, C, H, W)."""
    return len(shape) == 4 and shape[3] not in (1, 3, 4)


def pictures(array: np.ndarray, where: str, opacity: bool = False) -> Iterator[np.ndarray]:
    """Yields (H, W) grey or (H, W, 3) RGB pictures, uint8; a fourth channel is opacity: the picture lies on white, or
    with ``opacity`` keeps it as (H, W, 4).

    Taken are bytes, whole numbers in [0, 255], unsigned 16 bits, booleans, and floats in [0, 1] or [-1, 1]: the whole
    array decides which. Raises ValueError at once for another shape, range or type, and for NaN or infinity.
    """
    return _bytes(array, levels(array, where), opacity)


def levels(array: np.ndarray, where: str) -> Levels:
    """How the numbers of an array (N, ...) become bytes; raises as ``pictures`` does."""
    if not is_pictures(array.shape) or 0 in array.shape:
        raise ValueError(
            f"{where}: expected images (N, H, W), (N, H, W, C) or (N, C, H, W) with C 1, 3 or 4, got {array.shape}"
        )
    if array.dtype == np.bool_:
        return Levels(255.0)
    if array.dtype == np.uint8:
        return _of_bytes(array)
    if array.dtype.kind not in "iuf":
        raise ValueError(f"{where}: expected images as bytes or floats, got {array.dtype}")
    with np.errstate(invalid="ignore"):
        low, high = float(array.min()), float(array.max())
    if array.dtype.kind == "f":
        return of_floats(low, high, where)
    if array.dtype.itemsize == 2 and array.dtype.kind == "u":
        return of_sixteen_bits(int(high))
    if low < 0 or high > 255:
        raise ValueError(
            f"{where}: expected whole numbers in [0, 255], got [{low:g}, {high:g}]: scale the images, or save bytes "
            "(uint8)"
        )
    return _of_bytes(array)


def _of_bytes(array: np.ndarray) -> Levels:
    """Whole numbers in [0, 255] as they are, with a note where they are so small that pictures are nearly black."""
    highest = int(array[:: -(-len(array) // LOOKED_AT)].max())
    if highest > DARK:
        return BYTES
    return Levels(
        1.0,
        note=f"no pixel is above {highest} of 255, so these pictures are nearly black: if {highest} is white, divide "
        "by it",
    )


def _bytes(array: np.ndarray, levels: Levels, opacity: bool) -> Iterator[np.ndarray]:
    turned = channels_first(array.shape)
    for image in array:
        if turned:
            image = image.transpose(1, 2, 0)
        if array.dtype != np.uint8:
            image = levels.to_bytes(image)
        if image.ndim == 3 and image.shape[2] == 4 and not opacity:
            seen = image[..., 3:].astype(np.float32) / 255
            image = np.rint(image[..., :3] * seen + 255 * (1 - seen)).astype(np.uint8)
        yield image[..., 0] if image.ndim == 3 and image.shape[2] == 1 else image
