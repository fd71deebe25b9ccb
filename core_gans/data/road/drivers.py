"""Who steers in the data: drivers who keep to some place on the road, and drivers who hold the wheel anyhow.

Half of each: the first stay on the road, the second show what steering does wherever the road leads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from core_gans.data.road.car import SHARPEST_TURN, Car
from core_gans.data.road.course import Course
from core_gans.data.road.floats import Floats

HOLD = 4  # frames, about, that a wheel is held
FIRM, CALM = 0.35, 3.5  # of a driver: steering a metre off, and a radian off


@dataclass(frozen=True)
class Drive:
    """``N`` drives of ``T`` frames: where the cars were, and how they were steered from each frame to the next."""

    place: Floats
    """(N, T), m."""
    offset: Floats
    """(N, T), m."""
    heading: Floats
    """(N, T), rad."""
    steering: Floats
    """(N, T), in [-1, 1]; the last of a row leads beyond the drive."""

    @property
    def first(self) -> Car:
        """The cars (N,) at the beginning."""
        return Car(self.place[:, 0], self.offset[:, 0], self.heading[:, 0])

    @property
    def cars(self) -> Car:
        """The cars (N T,) of all frames, those of one drive after those of another."""
        return Car(self.place.ravel(), self.offset.ravel(), self.heading.ravel())


def started(seeds: Sequence[int]) -> Car:
    """A car for each of ``seeds``, anywhere on its road."""
    chance = np.stack([torch.rand(3, generator=_generator(seed)).double().numpy() for seed in seeds])
    return Car(1000 * chance[:, 0], 6 * chance[:, 1] - 3, 0.3 * chance[:, 2] - 0.15)


def driven(course: Course, car: Car, frames: int, seeds: Sequence[int]) -> Drive:
    """``frames`` frames of each road, steered by the driver of its seed."""
    wheels = np.stack([_wheel(frames, seed) for seed in seeds])
    chance = np.stack([torch.rand(6, generator=_generator(seed)).double().numpy()[3:] for seed in seeds])
    keeps, target = chance[:, 0] < 0.5, 5 * chance[:, 1] - 2.5
    target = np.where(chance[:, 2] < 0.3, 2.5 * np.sign(target), target)

    def steer(at: Car, frame: int) -> Floats:
        bend = course.curvature(at.place) / SHARPEST_TURN
        wanted = FIRM * (target - at.offset) - CALM * at.heading + bend + 0.35 * wheels[:, frame]
        return np.clip(np.where(keeps, wanted, 1.2 * wheels[:, frame]), -1, 1)

    return _drive(course, car, frames, steer)


def steered(course: Course, car: Car, steering: Floats) -> Drive:
    """The drive of ``steering`` (N, T)."""
    return _drive(course, car, steering.shape[1], lambda at, frame: steering[:, frame])


def _drive(course: Course, car: Car, frames: int, steer: Callable[[Car, int], Floats]) -> Drive:
    cars, wheels = [], []
    for frame in range(frames):
        cars.append(car)
        wheels.append(steer(car, frame))
        car = car.moved(course, wheels[-1])
    return Drive(
        np.stack([each.place for each in cars], 1),
        np.stack([each.offset for each in cars], 1),
        np.stack([each.heading for each in cars], 1),
        np.stack(wheels, 1),
    )


def _wheel(frames: int, seed: int) -> Floats:
    """A wheel (frames,) in [-1, 1], held for some frames and then turned elsewhere."""
    chance = torch.rand(2, frames, generator=_generator(seed + 1)).double().numpy()
    turned = chance[0] < 1 / HOLD
    turned[0] = True
    held: Floats = (2 * chance[1] - 1)[np.maximum.accumulate(np.where(turned, np.arange(frames), 0))]
    return held


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed((seed << 1) % 2**62 + 1)
