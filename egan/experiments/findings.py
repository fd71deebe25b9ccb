"""What an experiment found: rows of means, runs that solved the task, and every contender against the control."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from core_gans.comparison.summary import Outcome, Row, Spread
from egan.experiments.contenders import Evolved
from egan.experiments.pairing import Paired, holm, paired

QUALITY = 0.9  # share of high-quality points from which a run that covers all modes has solved the task
PATH_LENGTH = "path_length"


@dataclass(frozen=True)
class Test:
    """A contender against the control by one metric; ``adjusted`` is the permutation p among all of that metric."""

    __test__ = False  # no test of pytest's

    label: str
    metric: str
    result: Paired
    adjusted: float


@dataclass(frozen=True)
class Findings:
    """``solved`` counts seeds of each contender, of points only; ``against`` is the control."""

    outcome: Outcome
    against: str
    smoothness: dict[str, Spread]
    solved: dict[str, int]
    tests: tuple[Test, ...]

    def as_json(self) -> dict[str, Any]:
        smoothness = {label: dataclasses.asdict(spread) for label, spread in self.smoothness.items()}
        return {
            **self.outcome.as_json(),
            "against": self.against,
            PATH_LENGTH: smoothness,
            "solved": self.solved,
            "tests": [
                {
                    "contender": test.label,
                    "metric": test.metric,
                    **dataclasses.asdict(test.result),
                    "holm": test.adjusted,
                }
                for test in self.tests
            ],
        }


def control(contenders: Sequence[Evolved]) -> str:
    """The label of the first that selects by chance, or of the first of all."""
    by_chance = (each.label for each in contenders if each.evolution.selection == "random")
    return next(by_chance, contenders[0].label)


def findings(outcome: Outcome, against: str, modes: int | None) -> Findings:
    """Test every contender against the one called ``against``; ``modes`` are those of points, None for images."""
    values = {row.label: _values(row, outcome.metrics) for row in outcome.rows}
    tests: list[Test] = []
    for metric in (*outcome.metrics, PATH_LENGTH):
        results = {}
        for label in values:
            ours, theirs = values[label][metric], values[against][metric]
            common = sorted(ours.keys() & theirs.keys())
            if label != against and common:
                rng = torch.Generator().manual_seed(0)
                results[label] = paired([ours[seed] for seed in common], [theirs[seed] for seed in common], rng)
        adjusted = holm([result.permutation for result in results.values()])
        tests += [Test(label, metric, each, p) for (label, each), p in zip(results.items(), adjusted, strict=True)]
    smoothness = {label: Spread.of(list(found[PATH_LENGTH].values())) for label, found in values.items()}
    solved = {row.label: sum(_solves(run, modes) for run in row.runs) for row in outcome.rows} if modes else {}
    return Findings(outcome, against, smoothness, solved, tuple(tests))


def _values(row: Row, metrics: Sequence[str]) -> dict[str, dict[int, float]]:
    """Of each metric the value of each seed whose run came to its end, where it has a finite one."""
    ended = [run for run in row.runs if not run["diverged"]]
    found = {metric: {run["seed"]: run["scores"][metric] for run in ended} for metric in metrics}
    found[PATH_LENGTH] = {run["seed"]: run[PATH_LENGTH] for run in ended}
    return {metric: {seed: each for seed, each in of.items() if math.isfinite(each)} for metric, of in found.items()}


def _solves(run: dict[str, Any], modes: int) -> bool:
    scores = run["scores"]
    return bool(scores and scores["modes_covered"] == modes and scores["high_quality_share"] >= QUALITY)
