"""What one row of the table is, and how a game is trained within its budget.

A budget is processor time of this process, so that a loaded machine does not change what is measured.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from core_gans import Batches
from core_gans.data import Examples
from core_gans.game import Game
from core_gans.runs.averaging import Average
from core_gans.runs.watchers import Watcher
from core_gans.training import TrainingState, train

DATA = "GANLAB_DATA"  # the environment variable that names the folder of real data
BATCH, DECAY = 64, 0.995  # of a training, and of the average of its weights
A_DAY = 86400.0  # wall seconds: more than any budget takes


@dataclass(frozen=True)
class Row:
    """What was measured of one seed: the judge's figure, the baseline's, and further figures by name."""

    figure: float
    baseline: float
    others: dict[str, float] = field(default_factory=dict)
    looks: tuple[tuple[str, Tensor], ...] = field(default=(), repr=False, compare=False)
    """Rows of images (S, C, H, W) in [-1, 1], each with its words, where there is something to see."""


@dataclass(frozen=True)
class Application:
    """One row of the table: words for what is measured, and ``measure(seed, seconds)``."""

    data: str
    """What it is measured on."""
    judge: str
    """Whose figure it is."""
    baseline: str
    """What stands beside it, in words."""
    goal: str
    """What the figure ought to be."""
    measure: Callable[[int, float], Row]
    """From a seed and the processor seconds of one training to what was measured."""
    minutes: float
    """Processor minutes of one training, where none are asked for."""
    seeds: int
    """Seeds, from 0 on, where no other number is asked for."""
    needs: tuple[str, ...] = ()
    """Files of the folder that GANLAB_DATA names, without which it cannot be measured."""

    def missing(self) -> str | None:
        """Why it cannot be measured here, or None."""
        if not self.needs:
            return None
        if DATA not in os.environ:
            return f"it needs {self.needs[0]} in the folder that {DATA} names, and {DATA} is not set"
        absent = [name for name in self.needs if not real_file(name).is_file()]
        return f"there is no {real_file(absent[0])}" if absent else None


class Budget(Watcher):
    """Ends a training after so many seconds of processor time, counted from when it is made."""

    name = "budget"

    def __init__(self, seconds: float) -> None:
        self.until = time.process_time() + seconds

    def after_round(self, state: TrainingState) -> None:
        state.stop = time.process_time() >= self.until


def trained(
    game: Game,
    data: Examples,
    seed: int,
    seconds: float,
    players: Sequence[str] = ("generator",),
) -> tuple[TrainingState, dict[str, nn.Module]]:
    """The state after ``seconds`` of processor time, and the weight averages of the ``players``."""
    averages = [Average(decay=DECAY, player=player) for player in players]
    rng = torch.Generator().manual_seed(seed)
    watchers = [*averages, Budget(seconds)]
    state = train(game, Batches(data, BATCH, seed), None, rng=rng, watchers=watchers, seconds=A_DAY)
    return state, dict(state.averages)


def real_file(name: str) -> Path:
    """The file ``name`` of the real data."""
    return Path(os.environ[DATA]) / name


def spread(values: Sequence[float]) -> str:
    """``mean ± standard deviation``, or the value alone."""
    if len(values) == 1:
        return f"{values[0]:.3f}"
    return f"{statistics.fmean(values):.3f} ± {statistics.stdev(values):.3f}"
