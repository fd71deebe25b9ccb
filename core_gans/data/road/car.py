"""A car on a road: how steering moves it. A unicycle in the coordinates of the road, at one speed.

With offset y and heading a from the road's own, curvature k of the road and steering u:
s' = v cos a / (1 - k y), y' = v sin a, a' = v u SHARPEST_TURN - k s'.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core_gans.data.road.course import Course
from core_gans.data.road.floats import Floats

RATE = 5  # frames a second, as Santana and Hotz have them
SPEED = 3.0  # m in a frame: 54 km/h
SHARPEST_TURN = 0.012  # 1/m, of a car steered by 1
FARTHEST = 4.5  # m: barriers along the road
STEEPEST = 0.6  # rad
STEPS = 4  # of the integration in a frame


@dataclass(frozen=True)
class Car:
    """``N`` cars: their place along the road (m), their offset from its middle (m) and their heading from its own."""

    place: Floats
    offset: Floats
    heading: Floats

    def __len__(self) -> int:
        return len(self.place)

    def mirrored(self) -> Car:
        """The same cars with left and right exchanged."""
        return Car(self.place, -self.offset, -self.heading)

    def moved(self, course: Course, steering: Floats) -> Car:
        """The cars one frame later, steered by ``steering`` (N,) in [-1, 1], by Runge and Kutta's fourth order.

        At a barrier a car slides along it.
        """
        state = np.stack([self.place, self.offset, self.heading])
        step = SPEED / STEPS

        def slope(at: Floats) -> Floats:
            place, offset, heading = at
            curvature = course.curvature(place)
            along = np.cos(heading) / (1 - curvature * offset)
            return np.stack([along, np.sin(heading), SHARPEST_TURN * steering - curvature * along])

        for _ in range(STEPS):
            first = slope(state)
            second = slope(state + step / 2 * first)
            third = slope(state + step / 2 * second)
            fourth = slope(state + step * third)
            state = state + step / 6 * (first + 2 * second + 2 * third + fourth)
        place, offset, heading = state
        outwards = (np.abs(offset) > FARTHEST) & (offset * heading > 0)
        heading = np.where(outwards, 0.0, np.clip(heading, -STEEPEST, STEEPEST))
        return Car(place, np.clip(offset, -FARTHEST, FARTHEST), heading)
