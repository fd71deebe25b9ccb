"""One run of a comparison: how many rounds the budget buys, and the run itself, judged on the way and at the end.

The budget is processor time of one core (``time.process_time``), so that other programs do not change the table.
Only rounds count: judging, averaging and the calibration itself are free.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from core_gans.comparison.entrants import Entrant
from core_gans.comparison.plan import FULL, LOOKS, QUICK, ComparisonPlan
from core_gans.data import Batches, Examples
from core_gans.foundation.errors import DivergedError
from core_gans.game import NoiseGame
from core_gans.metrics import Judge
from core_gans.metrics.choosing import known_features
from core_gans.runs.averaging import Average
from core_gans.runs.watchers import WatchedState, Watcher
from core_gans.training import run

CALIBRATION = 2.0  # processor seconds at most, after a warm-up; a quarter of a small budget
WARM_UP, LEAST = 2, 3  # rounds
PATIENCE = 1.5  # budgets after which a run is stopped, however many rounds are left
PICTURED = {True: 1_000, False: 16}  # samples kept for the picture: of points, of images


class StoppedError(Exception):
    """The comparison was given up while this run was being played."""


@dataclass(frozen=True)
class Played:
    """A finished run: what is known about it, as JSON has it, and some of its samples (none of a diverged one).

    ``tensors`` are what else the plan keeps; ``looks`` are the samples of every look (L, n, ...).
    """

    facts: dict[str, Any]
    samples: Tensor | None
    tensors: dict[str, Tensor] = field(default_factory=dict)


class TimedRuns:
    """Runs on a budget of time: the data and the judges are loaded once. ``stop`` is asked after each round."""

    def __init__(
        self,
        examples: Examples,
        stop: Callable[[], bool] = lambda: False,
        full: int = FULL,
        features: str | None = None,
    ) -> None:
        self.examples, self.stop = examples, stop
        self.judge = Judge(examples, count=full, classifier=features or known_features(examples))
        self.quick = copy.copy(self.judge)  # shares the statistics of the real data
        self.quick.count = QUICK

    def calibrate(self, contender: Entrant, plan: ComparisonPlan) -> int:
        """The rounds that the budget buys: at least one. Measured on players that are thrown away."""
        state = self._start(contender, plan, rounds=1, seed=0)
        clock = _Clock(lambda: contender.play(state, None), self.stop)
        try:
            run(state, clock.play, WARM_UP, None, ())
            warm = clock.seconds
            enough = warm + min(CALIBRATION, plan.seconds / 4)
            until = _After(lambda: clock.seconds >= enough and state.round >= WARM_UP + LEAST)
            run(state, clock.play, None, math.inf, (until,))
            each = (clock.seconds - warm) / (state.round - WARM_UP)
        except DivergedError:  # the run itself will say so
            each = clock.seconds / (state.round + 1)
        return max(1, round(plan.seconds / max(each, 1e-9)))

    def play(self, contender: Entrant, plan: ComparisonPlan, seed: int, rounds: int) -> Played:
        """The whole run, from its seed; ``rounds`` is its length, or what is expected of it where seconds end it."""
        state = self._start(contender, plan, rounds, seed)
        clock = _Clock(lambda: contender.play(state, rounds), self.stop)
        curve: list[dict[str, Any]] = []
        looks: list[Tensor] = []

        moments = {round(rounds * look / LOOKS): look for look in range(LOOKS + 1)}

        def moment() -> int | None:
            """Which of the looks is due now."""
            if not plan.by_seconds:
                return moments.get(state.round)
            latest = min(LOOKS, int(LOOKS * clock.seconds / plan.seconds))
            return latest if not curve or latest > curve[-1]["moment"] else None

        def look() -> bool:
            if (due := moment()) is not None:
                scores = self._judged(self.quick, state)
                curve.append({"moment": due, "round": state.round, "seconds": clock.seconds, "scores": scores})
                if plan.kept:
                    looks.append(_draw(state, plan.kept, _chance(state)))
            return clock.seconds >= plan.seconds * (1.0 if plan.by_seconds else PATIENCE)

        scores: dict[str, float] | None = None
        samples, trouble = None, None
        more: dict[str, Any] = {}
        tensors: dict[str, Tensor] = {}
        try:
            look()
            bound = None if plan.by_seconds else rounds
            run(state, clock.play, bound, math.inf, (Average(decay=plan.average), _After(look)))
            scores = self._judged(self.judge, state)
            samples = _draw(state, PICTURED[len(self.examples.shape) == 1], _chance(state))
            if plan.keep is not None:
                more, tensors = plan.keep(state, _chance(state))
            if looks:
                tensors = {**tensors, "looks": torch.stack(looks)}
        except DivergedError as error:
            failed = state.round + state.mid_round
            trouble = {"round": failed, "message": str(error)}
        facts = {
            "contender": contender.label,
            "seed": seed,
            "rounds": state.round,
            "rounds_bought": rounds,
            "seconds": clock.seconds,
            "stopped_early": not plan.by_seconds and state.round < rounds and trouble is None,
            "diverged": trouble,
            "scores": scores,
            "curve": curve,
            **more,
        }
        return Played(facts, samples, tensors)

    def _start(self, contender: Entrant, plan: ComparisonPlan, rounds: int, seed: int) -> Any:
        batches = Batches(self.examples, plan.batch, seed)
        return contender.start(batches, torch.Generator().manual_seed(seed), rounds)

    def _judged(self, judge: Judge, state: WatchedState) -> dict[str, float]:
        rng = _chance(state)
        return judge(lambda count: _draw(state, count, rng))


class _Clock:
    """Plays rounds and counts their processor time."""

    def __init__(self, play_round: Callable[[], None], stop: Callable[[], bool]) -> None:
        self.play_round, self.stop = play_round, stop
        self.seconds = 0.0

    def play(self) -> None:
        if self.stop():
            raise StoppedError
        begun = time.process_time()
        try:
            self.play_round()
        finally:
            self.seconds += time.process_time() - begun


class _After(Watcher):
    """Does something after each round, and ends the run when that says so."""

    def __init__(self, ends: Callable[[], bool]) -> None:
        self.ends = ends

    def after_round(self, state: WatchedState) -> None:
        state.stop = self.ends()


def _chance(state: WatchedState) -> torch.Generator:
    """The same latents at every look, and none of the run's own."""
    return torch.Generator().manual_seed(state.batches.seed + 1_000_003)


def _draw(state: WatchedState, count: int, rng: torch.Generator) -> Tensor:
    assert isinstance(state.game, NoiseGame)  # every entrant's is one
    samples = state.game.sample(state.sampling_nets(), count, rng)
    if not bool(torch.isfinite(samples).all()):
        raise DivergedError("expected finite samples, but the generator's hold NaN or infinity.")
    return samples
