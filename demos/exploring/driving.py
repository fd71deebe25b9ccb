"""A learned road that a person drives on, frame by frame, and the drawn one beside it under the same steering.

Nothing is kept between two frames: the page brings the state of both roads along, so a drive may last as long as it
likes, and any number of people may drive.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from core_gans.data.road.car import RATE, SHARPEST_TURN, Car
from core_gans.data.road.course import LANE, Course
from core_gans.data.road.drivers import started
from core_gans.data.road.reading import DREAMT, offsets
from core_gans.data.road.view import HALF_ROAD, pictures
from core_gans.models import Model
from core_gans.networks.world import World
from core_gans.variants import Driving
from demos.exploring.films import beside

FARTHEST = 1_000.0  # of a number in a state that a network made
FLOAT = 4  # bytes


@dataclass(frozen=True)
class Truth:
    """Where the car is on the drawn road: the road's seed and light, the frame, and the car."""

    seed: int
    night: bool
    frame: int
    place: float
    offset: float
    heading: float

    @property
    def course(self) -> Course:
        return Course.drawn([self.seed]).by(self.night)

    @property
    def car(self) -> Car:
        return Car(np.array([self.place]), np.array([self.offset]), np.array([self.heading]))

    def after(self, car: Car) -> Truth:
        """The same drive a frame later."""
        place, offset, heading = (float(each[0]) for each in (car.place, car.offset, car.heading))
        return Truth(self.seed, self.night, self.frame + 1, place, offset, heading)

    def moved(self, steering: float) -> Truth:
        return self.after(self.car.moved(self.course, np.array([steering])))

    def seen(self, height: int, width: int) -> Tensor:
        """What the driver sees: (1, 3, H, W) in [-1, 1]."""
        return pictures(self.course, self.car, np.array([float(self.frame)]), height, width).float() / 127.5 - 1


class Drives:
    """Drives on the road that ``model`` dreams."""

    def __init__(self, model: Model[Driving]) -> None:
        self.game, self.world = model.game, cast(World, model.net)

    def facts(self) -> dict[str, Any]:
        """What a page needs to know."""
        _, height, width = self.game.picture
        return {"height": height, "width": width, "rate": RATE, "half_road": HALF_ROAD}

    @torch.no_grad()
    def begin(self, seed: int, night: bool) -> dict[str, Any]:
        """The first frame after those that the transition is shown, in which the car keeps to the right lane."""
        truth = Truth(seed, night, 0, float(started([seed]).place[0]), LANE, 0.0)
        _, height, width = self.game.picture
        memory = self.world.blank(1)
        for _ in range(self.game.taught):
            steering = float(np.clip(truth.course.curvature(truth.car.place)[0] / SHARPEST_TURN, -1, 1))
            seen = self.world.encode(truth.seen(height, width))
            code, memory = self.world.step(seen, memory, torch.tensor([[steering]]))
            truth = truth.moved(steering)
        return self._answer(code, memory, truth)

    @torch.no_grad()
    def steer(self, state: str, truth: Truth, steering: float) -> dict[str, Any]:
        """The next frame of both roads. ValueError for a state that is none of this model."""
        code, memory = self._state(state)
        code, memory = self.world.step(code, memory, torch.tensor([[steering]]))
        return self._answer(code, memory, truth.moved(steering))

    def _answer(self, code: Tensor, memory: Tensor, truth: Truth) -> dict[str, Any]:
        picture = self.world.decode(code)
        _, height, width = self.game.picture
        lane = float(offsets(picture, DREAMT)[0])
        return {
            "state": _sent(torch.cat((code, memory), 1)),
            "picture": _png(picture),
            "lane": None if np.isnan(lane) else round(lane, 3),
            "truth": {**vars(truth), "picture": _png(truth.seen(height, width))},
        }

    def _state(self, sent: str) -> Sequence[Tensor]:
        """The code (1, D) and the memory (1, M)."""
        sizes = [self.world.code, self.world.memory]
        try:
            data = base64.b64decode(sent, validate=True)
        except (binascii.Error, ValueError) as error:
            raise ValueError("expected the state of a drive as base64.") from error
        if len(data) != FLOAT * sum(sizes):
            raise ValueError(f"expected the state of a drive of {FLOAT * sum(sizes)} bytes, got {len(data)}.")
        numbers = torch.from_numpy(np.frombuffer(data, "<f4").astype(np.float32))[None]
        if not bool((numbers.abs() <= FARTHEST).all()):  # of NaN, too
            raise ValueError("expected the state of a drive as this model makes it, got other numbers.")
        return numbers.split(sizes, dim=1)


def _sent(numbers: Tensor) -> str:
    return base64.b64encode(numbers.numpy().astype("<f4").tobytes()).decode()


def _png(picture: Tensor) -> str:
    return base64.b64encode(beside(picture)).decode()
