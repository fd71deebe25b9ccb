"""From runs to rows: mean and spread over the seeds, best contender first, nothing left out."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core_gans.metrics.measures import measure_of

TOLERATED = 0.15  # by which used seconds may differ before it is told


@dataclass(frozen=True)
class Spread:
    """The mean of some numbers and their sample standard deviation; None for a deviation of one, a mean of none.

    Of those that are finite: a score of one seed may be NaN.
    """

    mean: float | None
    deviation: float | None

    @staticmethod
    def of(numbers: Sequence[float]) -> Spread:
        kept = [number for number in numbers if math.isfinite(number)]
        return Spread(statistics.fmean(kept) if kept else None, statistics.stdev(kept) if len(kept) > 1 else None)


@dataclass(frozen=True)
class Row:
    """A contender over its seeds. ``scores`` and ``rounds`` are of the runs that came to their end."""

    label: str
    scores: dict[str, Spread]
    rounds: Spread
    speed: Spread
    """Rounds in a second of one core's time."""
    runs: tuple[dict[str, Any], ...]

    @property
    def diverged(self) -> tuple[tuple[int, int], ...]:
        """(seed, round) of each run that diverged."""
        return tuple((run["seed"], run["diverged"]["round"]) for run in self.runs if run["diverged"])

    @property
    def stopped_early(self) -> tuple[int, ...]:
        """The seeds whose run was stopped before it had played all its rounds."""
        return tuple(run["seed"] for run in self.runs if run["stopped_early"])


@dataclass(frozen=True)
class Outcome:
    """Rows, best first; ``metrics`` in the judge's order; ``main`` are those that decide the order, first things first.

    ``of_real`` is what real examples score, ``of_looks`` what they score where as many are judged as in a look.
    """

    rows: tuple[Row, ...]
    of_real: dict[str, Spread]
    of_looks: dict[str, Spread]
    metrics: tuple[str, ...]
    main: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "decided_by": list(self.main),
            "of_real": {metric: _json(spread) for metric, spread in self.of_real.items()},
            "rows": [
                {
                    "label": row.label,
                    "scores": {metric: _json(spread) for metric, spread in row.scores.items()},
                    "rounds": _json(row.rounds),
                    "rounds_per_second": _json(row.speed),
                    "diverged": [{"seed": seed, "round": round} for seed, round in row.diverged],
                    "stopped_early": list(row.stopped_early),
                    "runs": list(row.runs),
                }
                for row in self.rows
            ],
        }


def unequal_budgets(rows: Sequence[Row]) -> str:
    """A warning where the processor times of contenders differ by more than ``TOLERATED``; empty where they do not."""
    used = {
        row.label: statistics.fmean(run["seconds"] for run in row.runs if not run["diverged"])
        for row in rows
        if len(row.diverged) < len(row.runs)
    }
    if len(used) < 2:
        return ""
    least, most = min(used, key=used.__getitem__), max(used, key=used.__getitem__)
    if used[most] <= (1 + TOLERATED) * used[least]:
        return ""
    return (
        f"warning: the budgets were not equal: {most} used {used[most]:.2f} seconds and {least} {used[least]:.2f}, "
        f"more than {TOLERATED:.0%} apart: play longer, so that a round weighs less, and on a machine that is not busy."
    )


def lower_is_better(metric: str) -> bool:
    """Distances are to be small; shares, counts and scores large."""
    measure = measure_of(metric)
    return measure is not None and measure.lower_is_better


def summarise(
    runs: Sequence[dict[str, Any]],
    of_real: Sequence[dict[str, float]],
    labels: Sequence[str],
    of_looks: Sequence[dict[str, float]] = (),
) -> Outcome:
    """``runs`` are facts as ``playing`` leaves them, ``labels`` the contenders; ``of_looks`` is ``of_real`` without it.

    Points are ranked by the modes that they cover, then by their high-quality share; images by their distance. A
    contender ranks below every one of which fewer runs diverged.
    """
    metrics = tuple(of_real[0])
    main: tuple[str, ...] = tuple(metric for metric in ("modes_covered", "high_quality_share") if metric in metrics)
    main = main or tuple(metric for metric in metrics if lower_is_better(metric))[:1]
    rows = [_row(label, [run for run in runs if run["contender"] == label], metrics) for label in labels]

    def rank(row: Row) -> tuple[float, ...]:
        means = [row.scores[metric].mean for metric in main]
        keys = [
            float("inf") if mean is None else mean if lower_is_better(metric) else -mean
            for metric, mean in zip(main, means, strict=True)
        ]
        return len(row.diverged), *keys

    real, looks = (
        {metric: Spread.of([scores[metric] for scores in each]) for metric in metrics}
        for each in (of_real, of_looks or of_real)
    )
    return Outcome(tuple(sorted(rows, key=rank)), real, looks, metrics, main)


def _row(label: str, runs: Sequence[dict[str, Any]], metrics: Sequence[str]) -> Row:
    ended = [run for run in runs if not run["diverged"]]
    return Row(
        label=label,
        scores={metric: Spread.of([run["scores"][metric] for run in ended]) for metric in metrics},
        rounds=Spread.of([run["rounds"] for run in ended]),
        speed=Spread.of([run["rounds"] / run["seconds"] for run in ended]),
        runs=tuple(runs),
    )


def _json(spread: Spread) -> dict[str, float | None]:
    return {"mean": spread.mean, "standard_deviation": spread.deviation}
