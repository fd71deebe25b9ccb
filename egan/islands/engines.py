"""Where the islands are played: here, in processes of this machine, or over Ray; with the same numbers to the bit."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import wait
from multiprocessing.context import BaseContext
from typing import Protocol

from core_gans.foundation.errors import LabError
from core_gans.runs.interrupt import SIGNALS
from egan.islands.island import Leg, Played, Setup, play
from egan.islands.settings import Islands

DEATHS = 5  # of the pool in a row, without a leg that was played: then it is no accident
_setup: Setup  # of a worker process; made by _begin

Told = Callable[[str], None]


class Engine(Protocol):
    """Plays legs."""

    def play(self, legs: Sequence[Leg]) -> list[Played]:
        """What each leg led to, in their order; LabError where they cannot be played at all."""


class Serial:
    """One island after the other, in this process."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup

    def play(self, legs: Sequence[Leg]) -> list[Played]:
        return [play(self.setup, leg) for leg in legs]


class Pool:
    """Processes of this machine. Where one dies, all begin anew, and what it did not finish is played again."""

    def __init__(self, setup: Setup, workers: int, told: Told) -> None:
        self.setup, self.workers, self.told = setup, workers, told
        self._pool = self._begun()

    def play(self, legs: Sequence[Leg]) -> list[Played]:
        found: dict[int, Played] = {}
        deaths = 0
        while left := [number for number in range(len(legs)) if number not in found]:
            now = self._finished({number: legs[number] for number in left})
            found |= now
            if len(now) < len(left):
                deaths = 0 if now else deaths + 1
                self._begin_anew([legs[number].island for number in left if number not in found], deaths)
        return [found[number] for number in range(len(legs))]

    def _finished(self, legs: Mapping[int, Leg]) -> dict[int, Played]:
        """What was played; where a process died, not all of it."""
        found: dict[int, Played] = {}
        with suppress(BrokenProcessPool):
            try:
                futures = {number: self._pool.submit(_play, leg) for number, leg in legs.items()}
            except (ConnectionError, EOFError):  # the process that forks the others died
                return found
            for number, future in futures.items():
                found[number] = future.result()
        return found

    def close(self) -> None:
        """End the processes, without waiting for what they play."""
        for process in list((self._pool._processes or {}).values()):
            process.kill()
        self._pool.shutdown(cancel_futures=True)

    def _begin_anew(self, islands: Sequence[int], deaths: int) -> None:
        which = ", ".join(str(island + 1) for island in islands)
        if deaths >= DEATHS:
            raise LabError(
                f"the processes of islands {which} died {deaths} times in a row (out of memory?): all is saved up to "
                "their last rest; continue with fewer --workers."
            )
        self.told(f"warning: a process died; islands {which} go on from their last rest")
        self.close()
        self._pool = self._begun()

    def _begun(self) -> ProcessPoolExecutor:
        context = _context()
        return ProcessPoolExecutor(self.workers, mp_context=context, initializer=_begin, initargs=(self.setup,))


@contextmanager
def engine(setup: Setup, settings: Islands, told: Told) -> Iterator[Engine]:
    """What plays the islands of ``settings``; ``told`` hears of processes that died. LabError where there is no Ray."""
    if settings.address:
        from egan.islands.ray_engine import over_ray

        with over_ray(setup, settings, told) as found:
            yield found
    elif settings.workers == 1:
        yield Serial(setup)
    else:
        pool = Pool(setup, min(settings.workers, settings.islands), told)
        try:
            yield pool
        finally:
            pool.close()


def _context() -> BaseContext:
    """Processes forked from one that has imported all of this, and nothing else: the first takes seconds, no other."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    for each in (resource_tracker, forkserver):  # the first, begun by the second, would let the signals through again
        with _held_back():
            each.ensure_running()
    return context


@contextmanager
def _held_back() -> Iterator[None]:
    """Signals that end a job reach all of its processes. What is started inside never hears of them: the first process
    does, and ends the others when it has saved."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(setup: Setup) -> None:
    global _setup
    for each in SIGNALS:  # where processes are spawned, nothing holds them back before
        signal.signal(each, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def follow() -> None:
        wait([parent.sentinel])
        os._exit(1)  # who would have read the answer is gone

    threading.Thread(target=follow, daemon=True).start()
    _setup = setup


def _play(leg: Leg) -> Played:
    return play(_setup, leg)
