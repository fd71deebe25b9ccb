"""How benchmarks time: works in turn, so that what else the machine does falls on all alike, and medians."""

from __future__ import annotations

import os
import platform
import resource
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

import torch

Work = Callable[[], object]


def heading() -> str:
    """The day and the machine, to stand above a table."""
    return (
        f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, {os.cpu_count()} cores, "
        f"{torch.get_num_threads()} threads, torch {torch.__version__}"
    )


def clock() -> float:
    """Seconds of this process on one thread, where other programs count less; of the wall on several."""
    return time.process_time() if torch.get_num_threads() == 1 else time.perf_counter()


def timed(work: Work, repeats: int) -> float:
    """The median seconds of ``repeats`` runs, after one more that does not count when there are several."""
    if repeats > 1:
        work()
    seconds = []
    for _ in range(repeats):
        begun = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds)


def in_turn(works: Sequence[Work], turns: int, before: int = 2) -> list[list[float]]:
    """Seconds of each work in each of the ``turns``, every second one in reverse; those ``before`` do not count."""
    seconds: list[list[float]] = [[] for _ in works]
    for turn in range(turns + before):
        order = list(zip(works, seconds, strict=True))
        for work, spent in order if turn % 2 else reversed(order):
            begun = clock()
            work()
            if turn >= before:
                spent.append(clock() - begun)
    return seconds


def peak() -> float:
    """The largest resident size of this process so far, in GB; Linux counts it in kB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def peak_of(module: str, words: Sequence[str]) -> tuple[float, float]:
    """The peak memory in GB that ``python -m module WORDS`` prints as its last line, and the seconds that it took.

    A process begins with its parent's peak, so the shell, which is small, stands between.
    """
    begun = time.perf_counter()
    command = f"{shlex.join([sys.executable, '-m', module, *words])}; exit"
    done = subprocess.run(["/bin/sh", "-c", command], check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout.splitlines()[-1]), time.perf_counter() - begun


def chosen(names: Sequence[str], known: Sequence[str], what: str) -> list[str]:
    """``names``, or all that is known where there are none. Raises SystemExit for a name that is not known."""
    for name in names:
        if name not in known:
            raise SystemExit(f"no {what} is called {name!r}: choose from {', '.join(known)}.")
    return list(names or known)
