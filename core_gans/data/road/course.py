"""Courses: where roads bend, in closed form, with who else is on them, by day or by night.

Lengths are in metres along the middle of the road. To the right is positive: bends, offsets, headings, steering.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from core_gans.data.road.floats import Floats

WAVES = 3  # of a road's curvature
SHARPEST = 0.005  # 1/m, of one wave
WAVELENGTHS = (110.0, 330.0)  # m
LANE = 1.7  # m from the middle of the road to that of a lane
LOOP = 120.0  # m: a car that is left behind by this comes into sight ahead again
BEHIND = 20.0  # m, of them
SPREAD = 1 << 24  # numbers between the seeds of two data sets


@dataclass(frozen=True)
class Course:
    """``N`` roads with what is on them: arrays with a row each.

    The curvature is ``bend + sum amplitude sin(frequency s + phase)``.
    """

    bend: Floats
    """Constant curvature (N,), 1/m; negative to the left."""
    amplitude: Floats
    """(N, K), 1/m."""
    frequency: Floats
    """(N, K), rad/m, above 0."""
    phase: Floats
    """(N, K), rad."""
    night: Floats
    """(N,), 1 by night and 0 by day."""
    other: Floats
    """(N,), 1 where another car is on the road."""
    lane: Floats
    """Its offset (N,) from the middle of the road, m."""
    ahead: Floats
    """How far (N,) it is ahead at first, m."""
    speed: Floats
    """By how much (N,) it gets further away in a frame, m."""
    paint: Floats
    """Its colour (N,), from 0, dark, to 1, white."""

    def __len__(self) -> int:
        return len(self.bend)

    @classmethod
    def drawn(cls, seeds: Sequence[int]) -> Course:
        """A road for each of ``seeds``, the same in any company."""
        rows = [torch.rand(10 + 3 * WAVES, generator=torch.Generator().manual_seed(seed)).double() for seed in seeds]
        chance = torch.stack(rows).numpy()
        waves = chance[:, 10:].reshape(len(rows), 3, WAVES)
        length = WAVELENGTHS[0] + (WAVELENGTHS[1] - WAVELENGTHS[0]) * waves[:, 1]
        oncoming = chance[:, 4] < 0.5
        return cls(
            bend=np.zeros(len(rows)),
            amplitude=SHARPEST * (2 * waves[:, 0] - 1),
            frequency=2 * math.pi / length,
            phase=2 * math.pi * waves[:, 2],
            night=(chance[:, 1] < 0.4).astype(float),
            other=(chance[:, 2] < 0.5).astype(float),
            lane=np.where(oncoming, -LANE, LANE),
            ahead=LOOP * chance[:, 5] - BEHIND,
            speed=np.where(oncoming, -5.0, -0.6 + 1.2 * chance[:, 6]),
            paint=chance[:, 7],
        )

    @classmethod
    def even(cls, bend: float = 0.0, count: int = 1) -> Course:
        """``count`` empty roads by day, of one curvature throughout."""
        none, waves = np.zeros(count), np.zeros((count, 1))
        return cls(none + bend, waves, waves + 1, waves, none, none, none, none, none, none)

    def mirrored(self) -> Course:
        """The same roads with left and right exchanged."""
        return replace(self, bend=-self.bend, amplitude=-self.amplitude, lane=-self.lane)

    def by(self, night: bool) -> Course:
        """The same roads by night, or by day."""
        return replace(self, night=np.full(len(self), float(night)))

    def rows(self, chosen: Sequence[int] | np.ndarray) -> Course:
        """The roads at the indices ``chosen`` (n,), any number of times."""
        return Course(**{name: getattr(self, name)[np.asarray(chosen)] for name in self.__dataclass_fields__})

    def curvature(self, place: Floats) -> Floats:
        """1/m at ``place`` (N,) along the roads."""
        turning: Floats = self.bend + (self.amplitude * np.sin(self._angle(place))).sum(1)
        return turning

    def heading(self, place: Floats) -> Floats:
        """How far (N,) the roads have turned since their beginning, rad: the integral of their curvature."""
        waves = self.amplitude / self.frequency * (np.cos(self.phase) - np.cos(self._angle(place)))
        turned: Floats = self.bend * place + waves.sum(1)
        return turned

    def aside(self, place: Floats, ahead: Floats) -> Floats:
        """How far (N, Z) to the right the roads lie at ``ahead`` (Z,) or (N, Z) m beyond ``place`` (N,).

        Of the straight line that goes on as the road does at ``place``, and to first order in the curvature: the
        integral of (ahead - t) curvature(place + t) over t.
        """
        beyond = np.broadcast_to(ahead, (len(self), np.shape(ahead)[-1]))[:, None]  # (N, 1, Z)
        begun, wave = self._angle(place)[..., None], self.frequency[..., None]
        gone = beyond * np.cos(begun) / wave - (np.sin(begun + wave * beyond) - np.sin(begun)) / wave**2
        found: Floats = self.bend[:, None] * beyond[:, 0] ** 2 / 2 + (self.amplitude[..., None] * gone).sum(1)
        return found

    def other_ahead(self, frame: Floats) -> Floats:
        """How far (N,) ahead the other cars are in the frames ``frame`` (N,), m; they come again and again."""
        distance: Floats = np.mod(self.ahead + BEHIND + self.speed * frame, LOOP) - BEHIND
        return distance

    def _angle(self, place: Floats) -> Floats:
        return self.frequency * place[:, None] + self.phase
