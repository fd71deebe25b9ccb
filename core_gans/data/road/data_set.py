"""The data set of drawn drives: clips of a road from behind the windscreen, and how the car was steered."""

from __future__ import annotations

import numpy as np
import torch

from core_gans.data.data_set import DataSet, Wanted
from core_gans.data.driven import Driven
from core_gans.data.road.course import SPREAD, Course
from core_gans.data.road.drivers import driven, started
from core_gans.data.road.view import pictures
from core_gans.foundation.errors import LabError

SMALLEST = 16  # pixels of height: below, a row shows too much of the road
AT_ONCE = 64  # drives drawn together
SIZE, FRAMES, COUNT = 32, 16, 1_000


def drives(count: int, frames: int, height: int, width: int, seed: int = 0) -> Driven:
    """``count`` drives (N, 3, T, H, W) uint8 with their steering (N, T, 1); each depends on the seed and its number.

    LabError for pictures that are too small to see the road, and for fewer than two frames.
    """
    if min(height, width) < SMALLEST or frames < 2:
        raise LabError(
            f"drives have pictures of at least {SMALLEST} pixels a side and at least 2 frames, got {width}x{height} "
            f"and {frames}: choose a --size and --frames."
        )
    clips = torch.empty(count, 3, frames, height, width, dtype=torch.uint8)
    actions = torch.empty(count, frames, 1)
    for first in range(0, count, AT_ONCE):
        seeds = [seed * SPREAD + number for number in range(first, min(first + AT_ONCE, count))]
        course = Course.drawn(seeds)
        drive = driven(course, started(seeds), frames, seeds)
        rows = np.repeat(np.arange(len(seeds)), frames)
        seen = pictures(course.rows(rows), drive.cars, np.tile(np.arange(frames), len(seeds)), height, width)
        clips[first : first + len(seeds)] = seen.view(len(seeds), frames, 3, height, width).transpose(1, 2)
        actions[first : first + len(seeds), :, 0] = torch.from_numpy(drive.steering)
    return Driven("road", clips, actions=actions)


def _read(wanted: Wanted) -> Driven:
    return drives(wanted.count, wanted.frames, wanted.size, wanted.width or 2 * wanted.size, wanted.seed)


ROAD = DataSet(
    "road",
    "Drawn drives, twice as wide as high, with the steering of each frame: bends, traffic, day and night.",
    "clips",
    _read,
    size=SIZE,
    count=COUNT,
    frames=FRAMES,
    rectangles=True,
)
