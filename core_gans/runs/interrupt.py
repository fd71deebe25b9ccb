"""Signals that ask a run to end: the round is played to its end and saved; nothing is lost.

Ctrl-C (SIGINT), a job that is taken off its machine (SIGTERM), a terminal that is closed (SIGHUP, where there is one).
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console

from core_gans.runs.watchers import WatchedState, Watcher

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


class Interrupt(Watcher):
    """The first of ``signals`` ends the run after the round, so that it is saved; a second one ends it at once."""

    def __init__(self, console: Console, signals: Sequence[int] = SIGNALS) -> None:
        self.console, self.signals = console, signals
        self.received: int | None = None

    def begin(self, state: WatchedState, rounds: int | None, seconds: float | None) -> None:
        self._before: dict[int, Any] = {}
        if threading.current_thread() is not threading.main_thread():
            return

        def ask(number: int, frame: object) -> None:
            state.stop = True
            self.received = number
            for each in self.signals:
                signal.signal(each, signal.default_int_handler if each == signal.SIGINT else signal.SIG_DFL)
            try:
                self.console.print("stopping after this round; Ctrl-C again to stop at once")
            except OSError:  # the terminal is gone
                self.console.quiet = True

        for each in self.signals:
            if each == signal.SIGINT or signal.getsignal(each) is not signal.SIG_IGN:  # nohup ignores a closed terminal
                self._before[each] = signal.signal(each, ask)

    def end(self, state: WatchedState) -> None:
        for each, handler in self._before.items():
            signal.signal(each, handler)


def require_not_terminated(watchers: Iterable[Watcher], going_on: str, console: Console) -> None:
    """SystemExit with 128 + the signal's number when one other than Ctrl-C ended the run, which is saved by now.

    Who sends such a signal does not wait for judgements. ``going_on`` is the command that continues.
    """
    for watcher in watchers:
        if isinstance(watcher, Interrupt) and watcher.received not in (None, signal.SIGINT):
            name = signal.Signals(watcher.received).name
            console.print(f"ended by {name}, and saved; continue with: {going_on}", soft_wrap=True, highlight=False)
            raise SystemExit(128 + watcher.received)
