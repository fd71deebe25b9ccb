"""Many runs over a few processes of one thread each; the data are loaded once by each process."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol, TypeVar

import torch

from core_gans.comparison.plan import ComparisonPlan
from core_gans.comparison.playing import Played, TimedRuns
from core_gans.data import Examples

Key = TypeVar("Key")
Job = tuple[Any, ...]
_timed_runs: TimedRuns  # of a worker process; made by _begin
_plan: ComparisonPlan


class Workers:
    """Plays jobs: with ``timed_runs`` in this process, else in those of ``pool``. Made by a ``Team``."""

    def __init__(
        self, plan: ComparisonPlan, timed_runs: TimedRuns | None = None, pool: ProcessPoolExecutor | None = None
    ) -> None:
        self._plan, self._timed_runs, self._pool = plan, timed_runs, pool

    def calibrate(self, numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
        """(contender, rounds) for each of these contenders of the plan, as they are measured."""
        yield from self._each(_calibrate, {number: (number,) for number in numbers})

    def play(self, jobs: Sequence[tuple[int, int, int]]) -> Iterator[tuple[tuple[int, int], Played]]:
        """((contender, seed), run) for each job (contender, seed, rounds), as they end."""
        yield from self._each(_play, {(number, seed): (number, seed, rounds) for number, seed, rounds in jobs})

    def _each(self, call: Callable[..., Any], jobs: Mapping[Key, Job]) -> Iterator[tuple[Key, Any]]:
        if self._pool is None:
            assert self._timed_runs is not None
            for key, job in jobs.items():
                yield key, call(*job, timed_runs=self._timed_runs, plan=self._plan)
            return
        futures = {self._pool.submit(call, *job): key for key, job in jobs.items()}
        for future in as_completed(futures):
            yield futures[future], future.result()


class Team(Protocol):
    """Gives workers to a comparison: how many, for which plan, on which data."""

    def __call__(self, count: int, plan: ComparisonPlan, examples: Examples) -> AbstractContextManager[Workers]:
        """The workers, who end with the block."""


@contextmanager
def workers(count: int, plan: ComparisonPlan, examples: Examples) -> Iterator[Workers]:
    """``count`` processes for ``plan``. When the block ends early, runs under way end after their round, unwritten."""
    if count == 1:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            yield Workers(plan, TimedRuns(examples, full=plan.full, features=plan.features), None)
        finally:
            torch.set_num_threads(threads)
        return
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    pool = ProcessPoolExecutor(count, mp_context=context, initializer=_begin, initargs=(plan, stop))
    try:
        yield Workers(plan, None, pool)
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)


def _begin(plan: ComparisonPlan, stop: Any) -> None:
    global _timed_runs, _plan
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the first one tells the others
    torch.set_num_threads(1)
    _timed_runs, _plan = TimedRuns(plan.source.load(), stop.is_set, plan.full, plan.features), plan


def _calibrate(number: int, timed_runs: TimedRuns | None = None, plan: ComparisonPlan | None = None) -> int:
    plan = plan or _plan
    return (timed_runs or _timed_runs).calibrate(plan.contenders[number], plan)


def _play(
    number: int, seed: int, rounds: int, timed_runs: TimedRuns | None = None, plan: ComparisonPlan | None = None
) -> Played:
    plan = plan or _plan
    return (timed_runs or _timed_runs).play(plan.contenders[number], plan, seed, rounds)
