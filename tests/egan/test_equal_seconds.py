"""Contenders of an experiment use the same seconds of processor time, whatever was calibrated; few seeds say little."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from core_gans.comparison import playing
from core_gans.comparison.plan import LOOKS
from core_gans.comparison.playing import TimedRuns
from core_gans.comparison.summary import Outcome, summarise, unequal_budgets
from core_gans.data import Examples
from egan.experiments import curves
from egan.experiments.findings import findings
from egan.experiments.page import as_markdown
from tests.egan.test_experiments import ring_plan, run

REAL = [{"modes_covered": 8.0, "high_quality_share": 0.99}]
ENVIRONMENT: dict[str, Any] = {
    **dict.fromkeys(("started", "system", "processor", "cores", "python"), "x"),
    "packages": {"torch": "1", "gan-lab": "1"},
    "command": ["egan", "experiment"],
}


class Ticks:
    """A processor clock on which every round takes ``each`` seconds."""

    def __init__(self, each: float) -> None:
        self.now, self.each, self.calls = 0.0, each, 0

    def process_time(self) -> float:
        self.calls += 1
        self.now += self.each if self.calls % 2 == 0 else 0.0
        return self.now


@pytest.mark.parametrize("each", [0.05, 0.02, 0.2])
def test_a_run_ends_when_its_seconds_are_used_up(each: float, monkeypatch: pytest.MonkeyPatch) -> None:
    plan, chosen = ring_plan("egan", seconds=1.0)
    timed_runs = TimedRuns(plan.source.load(), full=50)
    monkeypatch.setattr(playing, "time", Ticks(each))
    facts = timed_runs.play(chosen[0], plan, 0, rounds=20).facts  # 20 rounds were calibrated
    assert facts["rounds"] == pytest.approx(1 / each, abs=1)
    assert 1.0 <= facts["seconds"] + 1e-9 <= 1.0 + each
    assert facts["stopped_early"] is False
    assert facts["curve"][-1]["moment"] == LOOKS
    seconds = [look["seconds"] for look in facts["curve"]]
    assert seconds == sorted(set(seconds))


def two(seconds: float) -> Outcome:
    runs = [run("chance", 0, 8, 0.9) | {"seconds": 3.0}, run("dear", 0, 8, 0.9) | {"seconds": seconds}]
    return summarise(runs, REAL, ["chance", "dear"])


def page_of(outcome: Outcome, seeds: int) -> str:
    plan, _ = ring_plan("egan", seeds=seeds)
    examples = Examples("ring", torch.zeros(3, 2))
    return as_markdown(findings(outcome, "chance", modes=8), plan, ENVIRONMENT, examples)


def test_seconds_that_differ_by_more_than_15_percent_are_told() -> None:
    assert unequal_budgets(two(3.4).rows) == ""
    told = unequal_budgets(two(6.41).rows)
    assert "warning: the budgets were not equal: dear used 6.41 seconds and chance 3.00" in told
    assert f"- {told}" in page_of(two(6.41), seeds=1)


@pytest.mark.parametrize("seeds", [1, 4, 5])
def test_under_five_seeds_no_interval_is_told(seeds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    look = {"round": 1, "seconds": 1.0}
    runs = [
        run(label, seed, 8, 0.8 + 0.01 * seed) | {"curve": [{**look, "scores": {"modes_covered": 8.0 - seed,
                                                                               "high_quality_share": 0.1 * seed}}]}
        for label in ("chance", "other")
        for seed in range(seeds)
    ]  # fmt: skip
    outcome = summarise(runs, REAL, ["chance", "other"])
    found = findings(outcome, "chance", modes=8)
    assert ("| 0 to 0 |" in page_of(outcome, seeds)) == (seeds >= 5)
    assert all((test.result.low is None) == (seeds < 5) for test in found.tests)
    margins: list[float] = []
    monkeypatch.setattr(curves, "draw_mean", lambda axes, x, mean, margin, *_: margins.append(float(margin.max())))
    curves.mean_curves_picture(outcome, ["chance", "other"], "x")
    assert (max(margins) > 0) == (seeds >= 5)
