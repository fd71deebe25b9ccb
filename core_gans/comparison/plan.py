"""The plan of a comparison: all that decides its outcome, and nothing else."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from core_gans import data as datasets
from core_gans.comparison.entrants import Entrant
from core_gans.data import Examples, Resize, Size

FORMAT = 1
FULL = 2_000  # samples of the judgement at the end
QUICK = 500  # samples of each judgement on the way
MOST_SEEDS = 10_000  # runs of each contender
LOOKS = 12  # judgements on the way, besides the one before the first round

Keep = Callable[[Any, torch.Generator], tuple[dict[str, Any], dict[str, Tensor]]]


@dataclass(frozen=True)
class Source:
    """Which data: a name or a path, and how they are read (see ``data.load``)."""

    data: str
    size: Size | None = None
    colours: int | None = None
    count: int | None = None
    resize: Resize = "crop"
    skip_broken: bool = False

    def load(self, progress: datasets.Progress | None = None) -> Examples:
        return datasets.load(
            self.data,
            size=self.size,
            channels=self.colours,
            count=self.count,
            resize=self.resize,
            skip_broken=self.skip_broken,
            progress=progress,
        )

    def described(self) -> dict[str, Any]:
        """As JSON has it; what is as it always was is not told, so that old comparisons go on."""
        usual = {"resize": "crop", "skip_broken": False}
        told = dataclasses.asdict(self).items()
        return {name: value for name, value in told if name not in usual or value != usual[name]}


@dataclass(frozen=True)
class ComparisonPlan:
    """Every contender plays once from every seed, on ``batch`` examples a step, for ``seconds`` of one core's time."""

    source: Source
    contenders: tuple[Entrant, ...]
    seeds: int
    seconds: float
    batch: int
    average: float = 0.999
    """Decay of the generator's weight average, which is what is judged."""
    features: str | None = None
    """What images are seen through (``metrics.FEATURES``); None for what suits the data."""
    full: int = FULL
    """Samples of the judgement at the end."""
    by_seconds: bool = False
    """Whether a run ends when its seconds are used up, however many rounds that were; else it ends after the rounds
    that the budget was measured to buy, so that it is repeated to the bit."""
    kept: int = 0
    """Samples that are kept of every look, to show how they came about."""
    keep: Keep | None = None
    """What else to keep of a run that came to its end, from its state and a chance of its own: facts and tensors."""

    def __post_init__(self) -> None:
        if not 1 <= self.seeds <= MOST_SEEDS:
            raise ValueError(f"expected 1 to {MOST_SEEDS:,} seeds, got {self.seeds:,}.")
        if not self.seconds > 0:
            raise ValueError(f"expected a budget above 0 seconds, got {self.seconds}.")
        if self.batch < 1:
            raise ValueError(f"expected a batch of at least 1, got {self.batch}.")

    def described(self) -> dict[str, Any]:
        """The plan as JSON has it; two comparisons with the same description are the same."""
        return {
            "format": FORMAT,
            **self.source.described(),
            "seconds": self.seconds,
            "seeds": list(range(self.seeds)),
            "batch": self.batch,
            "average": self.average,
            "samples_judged": {"at the end": self.full, "on the way": QUICK},
            **({"features": self.features} if self.features else {}),
            **({"kept": self.kept} if self.kept else {}),
            "contenders": [contender.described() for contender in self.contenders],
        }
