"""The sides of images that are doubled block by block from a small one: squares, and rectangles too."""

from __future__ import annotations

from typing import NamedTuple

from core_gans.foundation.errors import LabError

SIZES = (16, 32, 64, 128, 256)  # the usual sides, all of which begin with a block of 4x4
SMALLEST = 4  # the shorter side of the first block, at least; below twice as much
SHORTEST, LONGEST = SIZES[0], SIZES[-1]  # of the shorter side of the images, in pixels


class Doubled(NamedTuple):
    """Images of ``height`` x ``width`` pixels: a first block of ``block`` pixels, doubled ``steps`` times."""

    height: int
    width: int
    steps: int

    @property
    def block(self) -> tuple[int, int]:
        """Height and width of the smallest maps."""
        return self.height >> self.steps, self.width >> self.steps

    @property
    def cells(self) -> int:
        """Places in the smallest maps."""
        return self.block[0] * self.block[1]

    def side(self, step: int) -> int:
        """The shorter side after so many doublings: what a block is named after."""
        return min(self.block) << step


def doubled(shape: tuple[int, ...], family: str) -> Doubled:
    """How images of ``shape`` (C, H, W) are drawn by doubling.

    The shorter side is 4, 5, 6 or 7 times a power of two, from 16 to 256 pixels, the longer side a multiple of that
    power. LabError for other shapes, with the nearest size that will do.
    """
    if len(shape) == 3:
        shorter, longer = sorted(shape[1:])
        steps = _doublings(shorter)
        if SHORTEST <= shorter <= LONGEST and SMALLEST <= shorter / 2**steps < 2 * SMALLEST and longer % 2**steps == 0:
            return Doubled(shape[1], shape[2], steps)
        remedy = f"choose --size {_nearest(*shape[1:])}"
    else:
        remedy = "choose images"
    raise LabError(
        f"the {family} family draws images whose shorter side is 4 to 7 times a power of two, from {SHORTEST} to "
        f"{LONGEST} pixels, and whose longer side is a multiple of that power; the data is of shape {shape}: {remedy} "
        "or the mlp family (--family mlp)."
    )


def _doublings(side: int) -> int:
    """How often ``side`` can be halved while at least 4 pixels are left."""
    steps = 0
    while side % 2 == 0 and side // 2 >= SMALLEST:
        side, steps = side // 2, steps + 1
    return steps


def _nearest(height: int, width: int) -> str:
    """The nearest size that will do, as people give it."""
    known = [part << step for step in range(7) for part in range(4, 8) if SHORTEST <= part << step <= LONGEST]
    shorter = min(known, key=lambda side: (abs(side - min(height, width)), -side))
    power = 2 ** _doublings(shorter)
    longer = max(shorter, round(shorter * max(height, width) / min(height, width) / power) * power)
    high, wide = (shorter, longer) if height <= width else (longer, shorter)
    return str(wide) if wide == high else f"{wide}x{high}"
