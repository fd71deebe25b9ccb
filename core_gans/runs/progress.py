"""Progress on the terminal: of a run's rounds, and of what is counted. In a notebook one line, in a file some."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from core_gans.runs.watchers import WatchedState, Watcher

CELL_SECONDS = 0.5  # between two texts in a notebook
QUIET_SECONDS = 20.0  # between lines when the output is a file


class ProgressBar(Watcher):
    """One line that lives while a run plays. ``unit`` is what a round is called: round, or generation."""

    def __init__(self, unit: str = "round", console: Console | None = None) -> None:
        self.unit, self.console = unit, console or Console()

    def begin(self, state: WatchedState, rounds: int | None, seconds: float | None) -> None:
        self._rounds, self._seconds, self._first = rounds, seconds, state.round
        self._begun = self._printed = time.monotonic()
        self._bar: Progress | None = None
        self._cell = cell() if self.console.is_jupyter else None
        if self.console.is_terminal:
            self._bar = Progress(
                TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[note]}"), console=self.console
            )
            self._task = self._bar.add_task(f"{self.unit}s", total=1.0, note="")
            self._bar.start()

    def after_round(self, state: WatchedState) -> None:
        now = time.monotonic()
        share, note = self._note(state, now)
        if self._bar is not None:
            self._bar.update(self._task, completed=share, note=note)
        elif self._cell is not None:
            if now - self._printed >= CELL_SECONDS:
                self._printed = now
                self._cell(note)
        elif now - self._printed >= QUIET_SECONDS:
            self._printed = now
            self.console.print(note, highlight=False)

    def end(self, state: WatchedState) -> None:
        if self._cell is not None:
            self._cell(self._note(state, time.monotonic())[1])
        if self._bar is not None:
            self._bar.stop()

    def _note(self, state: WatchedState, now: float) -> tuple[float, str]:
        elapsed = max(now - self._begun, 1e-9)
        speed = (state.round - self._first) / elapsed
        shares = []
        if self._rounds is not None:
            shares.append((state.round - self._first) / max(1, self._rounds - self._first))
        if self._seconds is not None:
            shares.append(elapsed / self._seconds)
        share = min(1.0, max(shares))
        left = elapsed * (1 - share) / share if share > 0 else 0.0
        losses = "  ".join(f"{name} {value:.3f}" for name, value in state.terms.items() if _short(name, value))
        return share, f"{self.unit} {state.round}  {speed:.1f}/s  {time_left(left)} left  {losses}"


@contextmanager
def counted(what: str, console: Console) -> Iterator[Callable[[int, int], None]]:
    """Shows ``what`` is done inside, and yields what is to be told how many are done, of how many.

    A terminal shows a line that lives and is gone at the end; a file gets one every ``QUIET_SECONDS``.
    """
    begun = printed = time.monotonic()
    line = cell() if console.is_jupyter else None
    bar = Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(20), TextColumn("{task.fields[note]}"),
        console=console, transient=True, disable=not console.is_terminal,
    )  # fmt: skip
    task = bar.add_task(what, total=None, note="")

    def tell(done: int, total: int) -> None:
        nonlocal printed
        now = time.monotonic()
        left = (now - begun) * (total - done) / max(done, 1)
        note = f"{done:,} of {total:,}, {time_left(left)} left"
        bar.update(task, completed=done, total=total, note=note)
        if not console.is_terminal and now - printed >= (QUIET_SECONDS if line is None else CELL_SECONDS):
            printed = now
            console.print(f"{what}: {note}", highlight=False) if line is None else line(f"{what}: {note}")

    with bar:
        yield tell


def cell() -> Callable[[str], None]:
    """A line of a notebook that is written again and again: a function that takes its text."""
    display: Any = importlib.import_module("IPython.display")  # which is there in a notebook
    handle = display.display(display.Pretty(""), display_id=True)
    return lambda text: handle.update(display.Pretty(text))


def _short(name: str, value: object) -> bool:
    return isinstance(value, float) and "/" not in name


def time_left(seconds: float) -> str:
    """A time that is left, as people say it: ``45 s``, ``12:05 min``, ``3 h 20 min``, ``9 days``, ``over a year``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d} min"
    hours, minutes = divmod(round(whole / 60), 60)
    if hours < 10:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    if hours < 48:
        return f"{round(whole / 3600)} h"
    days = round(whole / 86400)
    return f"{days} days" if days <= 365 else "over a year"
