"""One variant being tried: played in slices, judged from outside, and read in words."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import fmean
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from core_gans.convergence import Converging
from core_gans.data import Batches, Examples
from core_gans.data.examples import as_float
from core_gans.foundation.errors import DivergedError
from core_gans.foundation.sheets import cloud, sheet
from core_gans.game import Batch, NoiseGame, generate
from core_gans.metrics import Judge
from core_gans.runs.averaging import Average
from core_gans.runs.watchers import Judged, WatchedState, Watcher, fixed_latents
from core_gans.training import TrainingState, start, train
from demos.variants.settings import game, numbers

Phase = Literal["waiting", "training", "finished", "stopped", "broken"]
TILES, DOTS = 25, 1_500  # samples that are shown: images, points
LOOKED_AT = 100  # real examples on which convergence is measured
MEASURE_EVERY = {1: 50, 3: 15}  # rounds, of points and of images
CALIBRATION = 1.0  # seconds after which the rounds of the whole training are guessed
MOST_LOSSES = 400


@dataclass(frozen=True, eq=False)
class Lane:
    """What can be seen of one variant's training at one moment."""

    variant: str
    phase: Phase = "waiting"
    rounds: int = 0
    seconds: float = 0.0  # of one core, spent on rounds
    picture: np.ndarray | None = None  # (H, W, 3) RGB bytes
    scores: Mapping[str, float] = field(default_factory=dict)  # of a judge that knows the data, not the discriminator
    losses: tuple[tuple[float, float, float], ...] = ()  # (seconds, discriminator, generator), means since the last
    state: str = ""  # of convergence, in one word
    sentence: str = ""  # and in words

    @property
    def over(self) -> bool:
        return self.phase in ("finished", "stopped", "broken")


class Training:
    """Trains ``variant`` on ``data`` for ``seconds`` of one core, ``seed`` deciding everything but their number.

    ValueError where the two do not go together.
    """

    def __init__(self, variant: str, data: Examples, judge: Judge, seconds: float, seed: int) -> None:
        self.variant, self.data, self.judge, self.budget, self.seed = variant, data, judge, seconds, seed
        self.game: NoiseGame = game(variant, data)
        rng = torch.Generator().manual_seed(seed)
        self.points = len(data.shape) == 1
        suited = numbers(self.points)
        self.state: TrainingState = start(self.game, Batches(data, suited.batch, seed), rng)
        self.latents = fixed_latents(self.game, DOTS if self.points else TILES, seed + 1)
        self.losses = _Losses()
        every = MEASURE_EVERY[len(data.shape)]
        self.heard = _Heard()
        self.converging = Converging(
            self.game, self._looked_at(), every=every, judged=self.heard, kinds=len(data.classes)
        )
        self.watchers: list[Watcher] = [Average(decay=suited.average), self.losses, self.converging]
        self.seconds = 0.0
        self.lane = Lane(variant)
        self._guessed = False

    def play(self, seconds: float, stop: Callable[[], bool]) -> Lane:
        """Train for at most ``seconds`` more, less when ``stop`` says so after a round; then look."""
        clock = _Clock(min(seconds, self.budget - self.seconds), stop)
        phase: Phase = "training"
        try:
            watchers = [*self.watchers, clock]
            train(self.game, self.state.batches, None, rng=self.state.rng, state=self.state, watchers=watchers,
                  seconds=math.inf)  # fmt: skip
        except DivergedError as error:
            return self._broken(error)
        finally:
            self.seconds += clock.spent
        if stop():
            phase = "stopped"
        elif self.seconds >= self.budget:
            phase = "finished"
        elif not self._guessed and self.seconds >= min(CALIBRATION, self.budget / 4):
            self._let_rates_fall()
        try:
            return self._snapshot(phase)
        except ValueError as error:  # the judge refuses samples that are not finite
            return self._broken(error)

    def _snapshot(self, phase: Phase) -> Lane:
        generator = self.state.sampling_nets()["generator"]
        samples = generate(generator, self.latents)
        verdict = self.converging.latest
        entry = (self.seconds, *self.losses.means())
        self.heard.latest = self._judged()
        self.lane = Lane(
            variant=self.variant,
            phase=phase,
            rounds=self.state.round,
            seconds=self.seconds,
            picture=cloud(samples, self.data.images[:DOTS], size=360) if self.points else sheet(samples, scale=2),
            scores=self.heard.latest,
            losses=(*self.lane.losses, entry)[-MOST_LOSSES:],
            state=verdict.state,
            sentence=verdict.sentence,
        )
        return self.lane

    def _broken(self, error: Exception) -> Lane:
        text = str(error)
        self.lane = dataclasses.replace(
            self.lane,
            phase="broken",
            rounds=self.state.round,
            seconds=self.seconds,
            state="broken",
            sentence=text[:1].upper() + text[1:],
        )
        return self.lane

    def _judged(self) -> dict[str, float]:
        rng = torch.Generator().manual_seed(self.seed + 2)
        return self.judge(lambda count: self.game.sample(self.state.sampling_nets(), count, rng))

    def _looked_at(self) -> Tensor:
        """Real examples as the discriminator sees them."""
        labels = None if self.data.labels is None else self.data.labels[:LOOKED_AT]
        return self.game.with_condition(Batch(as_float(self.data.images[:LOOKED_AT]), labels))

    def _let_rates_fall(self) -> None:
        """From now on the learning rates fall over the rounds that the budget seems to buy, as in comparisons."""
        self._guessed = True
        if self.points:
            rounds = max(1, round(self.state.round * self.budget / self.seconds))
            self.game = self.state.game = dataclasses.replace(self.game, fall_rounds=rounds)  # type: ignore[call-arg]


class _Losses(Watcher):
    """Gathers both players' losses between two snapshots: those of single rounds are noisy."""

    def __init__(self) -> None:
        self._seen: dict[str, list[float]] = {"discriminator": [], "generator": []}

    def after_round(self, state: WatchedState) -> None:
        for player, values in self._seen.items():
            values.append(float(state.terms[player]))

    def means(self) -> tuple[float, float]:
        """Of the discriminator and of the generator, since the last call; NaN where no round has been played."""
        found = [fmean(values) if values else math.nan for values in self._seen.values()]
        for values in self._seen.values():
            values.clear()
        return found[0], found[1]


class _Heard(Judged):
    """What the judge said at the last snapshot, for the reading of the curves; it does not ask the judge itself."""

    def __init__(self) -> None:
        self.every = 0
        self.latest: dict[str, float] = {}


class _Clock(Watcher):
    """Ends a slice by the time that this thread has spent computing: other programs do not count."""

    def __init__(self, seconds: float, stop: Callable[[], bool]) -> None:
        self.most, self.stop, self.spent = seconds, stop, 0.0

    def begin(self, state: WatchedState, rounds: int | None, seconds: float | None) -> None:
        del rounds, seconds
        self.begun = time.thread_time()
        state.stop = self.stop()

    def after_round(self, state: WatchedState) -> None:
        self.spent = time.thread_time() - self.begun
        state.stop = self.stop() or self.spent >= self.most
