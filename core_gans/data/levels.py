"""Deep pictures, of 16 bits or of floats, become bytes. One rule holds for all pictures of a set, so that none is
brighter beside the others than it was."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core_gans.foundation.errors import LabError

DEPTHS = (8, 10, 12, 14, 16)  # bits of cameras, scanners and microscopes
NEARLY_ALL = 2 ** DEPTHS[-2]  # from here on, a number shows that 16 bits are used


@dataclass(frozen=True)
class Levels:
    """A number x becomes the byte x * ``scale`` + ``shift``; ``note`` is what a person should know of that."""

    scale: float
    shift: float = 0.0
    note: str = ""

    def to_bytes(self, picture: np.ndarray) -> np.ndarray:
        """Numbers of any shape as uint8: rounded to the nearest, kept in [0, 255]."""
        return np.clip(np.rint(picture.astype(np.float32) * self.scale + self.shift), 0, 255).astype(np.uint8)


SIXTEEN = Levels(255 / 65535)  # what one picture alone gets, of which nothing else is known


def of_sixteen_bits(highest: int) -> Levels:
    """The levels of 16-bit pictures whose highest number is ``highest``: the smallest usual depth that holds it."""
    bits = next(bits for bits in DEPTHS if highest < 2**bits)
    white = 2**bits - 1
    told = f"the 16-bit pictures use {bits} bits (up to {highest:,}): {white:,} is taken for white"
    return Levels(255 / white, note=told if bits < DEPTHS[-1] else "")


def of_floats(low: float, high: float, where: str) -> Levels:
    """The levels of float pictures from ``low`` to ``high``: in [0, 1], or in [-1, 1]. LabError for others."""
    if not np.isfinite([low, high]).all():
        raise LabError(f"{where}: the images hold NaN or infinity; expected finite numbers")
    if low >= 0 and high <= 1:
        return Levels(255.0)
    if low >= -1 and high <= 1:
        return Levels(127.5, 127.5)
    raise LabError(
        f"{where}: expected floats in [0, 1] or [-1, 1], got [{low:g}, {high:g}]: scale the images, or save bytes "
        "(uint8)"
    )
