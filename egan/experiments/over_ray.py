"""The runs of an experiment over a Ray cluster: each is a task, and the data travel once to each node."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from core_gans.comparison.plan import ComparisonPlan
from core_gans.comparison.playing import TimedRuns
from core_gans.comparison.workers import Job, Key, Workers
from core_gans.data import Examples
from egan.cluster.ray_cluster import Cluster, Shared, held


@dataclass(frozen=True)
class ClusterTeam:
    """Gives the workers of ``cluster`` to a comparison, as ``core_gans.comparison.workers.workers`` gives processes."""

    cluster: Cluster

    @contextmanager
    def __call__(self, count: int, plan: ComparisonPlan, examples: Examples) -> Iterator[Workers]:
        """Workers for ``plan``; ``count`` is the cluster's own."""
        yield ClusterWorkers(self.cluster, plan, examples)


class ClusterWorkers(Workers):
    """Plays jobs as tasks. A run that dies with its node is played again from its seed."""

    def __init__(self, cluster: Cluster, plan: ComparisonPlan, examples: Examples) -> None:
        super().__init__(plan)
        self.cluster, self._shared = cluster, cluster.share((plan, examples))

    def _each(self, call: Callable[..., Any], jobs: Mapping[Key, Job]) -> Iterator[tuple[Key, Any]]:
        tasks = {self.cluster.begin(_run, self._shared, call, job): key for key, job in jobs.items()}
        for task in self.cluster.ended(tasks):
            yield tasks[task], self.cluster.answer(task, "a run")


def _run(shared: Shared, call: Callable[..., Any], job: Job) -> Any:
    timed_runs, plan = held(shared, _prepared)
    return call(*job, timed_runs=timed_runs, plan=plan)


def _prepared(given: tuple[ComparisonPlan, Examples]) -> tuple[TimedRuns, ComparisonPlan]:
    torch.set_num_threads(1)
    plan, examples = given
    return TimedRuns(examples, full=plan.full, features=plan.features), plan
