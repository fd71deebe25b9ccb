"""What can be seen of an evolution at one moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from core_gans.data import Examples
from core_gans.foundation.sheets import sheet
from core_gans.metrics.measures import ModesMeasure
from core_gans.metrics.modes import AT_LEAST, per_ten_thousand
from demos.evolve.beside import IslandRow
from demos.evolve.judgements import Judgement
from demos.evolve.requests import RunSummary
from egan.curves import Curves
from egan.family import Place, family_tree
from egan.individual import Record

Phase = Literal["preparing", "evolving", "concluding", "paused", "finished", "stopped", "failed"]
OVER: tuple[Phase, ...] = ("paused", "finished", "stopped", "failed")
TILES = 36  # images that are shown
DOTS = 1_500  # points that are shown
CURVE_POINTS = 240
GENERATIONS = 20  # of the family tree


@dataclass(frozen=True, eq=False)
class ShownMode:
    """A mode of known data: where it is, how far its points reach, and whether the generator reaches it."""

    x: float
    y: float
    radius: float
    covered: bool


@dataclass(frozen=True, eq=False)
class Points:
    """Samples in the plane, over the data that they are to resemble."""

    samples: Tensor  # (N, 2)
    real: Tensor  # (M, 2)
    modes: tuple[ShownMode, ...] = ()  # where they are known
    high_quality: float | None = None  # share of the samples near a mode, where these are known


@dataclass(frozen=True, eq=False)
class EvolutionSnapshot:
    """What can be seen of an evolution. ``number`` grows with every change."""

    run_summary: RunSummary
    phase: Phase = "preparing"
    number: int = 0
    generation: int = 0
    seconds: float = 0.0  # spent evolving
    planned: float = 0.0  # seconds that it was given in all
    sheet: np.ndarray | None = None  # (H, W, 3) RGB bytes: images of the best survivor
    points: Points | None = None  # in place of them, where the data are points
    curves_shown: Curves | None = None
    wins: Mapping[str, int] = field(default_factory=dict)  # generations that each mutation won
    tree: Sequence[Place] = ()  # of the last generations
    judged: Sequence[Judgement] = ()  # by an independent judge, as it went
    before: Mapping[str, float] = field(default_factory=dict)  # the judge's numbers before and after
    after: Mapping[str, float] = field(default_factory=dict)
    folder: Path | None = None  # the run's, once it is there
    trouble: str = ""  # why it failed
    note: str = ""  # what to know before it goes on
    front: str = ""  # the address of a picture of the Pareto front, where one was kept
    islands: Sequence[IslandRow] = ()  # where it was evolved on several
    ending: str = ""  # what it was told to do after the generation under way

    @property
    def over(self) -> bool:
        return self.phase in OVER


class SampleView:
    """Knows the data, and makes of a generator's samples what is shown of them."""

    def __init__(self, data: Examples | None) -> None:
        """``data`` may be None where samples are images."""
        self.real, self.measure = None, None
        if data is not None and len(data.shape) == 1:
            self.real = data.images[:DOTS, :2]
            self.measure = ModesMeasure(data) if data.labels is not None and data.shape == (2,) else None

    @property
    def count(self) -> int:
        """How many samples are shown."""
        return TILES if self.real is None else DOTS

    def shown(self, samples: Tensor) -> dict[str, Any]:
        """The fields of a ``Snapshot`` that show ``samples``."""
        if self.real is None:
            return {"sheet": sheet(samples, scale=2)}
        there = samples[torch.isfinite(samples).all(1)]
        if self.measure is None or not len(there):
            return {"points": Points(there[:, :2], self.real)}
        coverage = self.measure.summarise(there).coverage()
        least = per_ten_thousand(AT_LEAST, len(there))
        modes = tuple(
            ShownMode(float(x), float(y), 3 * self.measure.sigma, near >= least)
            for (x, y), near in zip(self.measure.centres.tolist(), coverage.counts, strict=True)
        )
        return {"points": Points(there, self.real, modes, coverage.high_quality)}


def latest_family(history: Sequence[Record], parents: Sequence[Record]) -> tuple[Place, ...]:
    """The family tree of the last generations, from the end of a history that may be long; empty without any."""
    if not history or history[-1].generation < 1:
        return ()
    first = history[-1].generation - GENERATIONS
    recent = list(takewhile(lambda record: record.generation >= first, reversed(history)))[::-1]
    known = {record.number for record in recent}
    old = [parent for parent in parents if parent.number not in known]
    return tuple(family_tree([*old, *recent], GENERATIONS).values())
