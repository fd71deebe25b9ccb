"""The one queue for everything that makes the networks work: a few things at once, the others wait their turn."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Any, ParamSpec, TypeVar

from core_gans.foundation.errors import LabError

P = ParamSpec("P")
T = TypeVar("T")

AT_ONCE = max(1, min(4, os.cpu_count() or 1))
MOST_WAITING = 128
# What listeners of the page pass to gradio, so that its own queue lets as many in as there is room for here.
LISTENER: dict[str, Any] = {"concurrency_id": "model", "concurrency_limit": AT_ONCE, "api_visibility": "private"}


class BusyError(LabError):
    """There is too much to do already."""


class Work:
    """Runs what it is given, first come, first served. Safe to share between threads and event loops."""

    def __init__(self, at_once: int = AT_ONCE, most_waiting: int = MOST_WAITING) -> None:
        self.most = at_once + most_waiting
        self._there = 0
        self._lock = Lock()
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="work")

    def do(self, task: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """What ``task`` returns or raises, once it is its turn. BusyError when too many wait."""
        return self._enter(task, *args, **named).result()

    async def done(self, task: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """The same for callers in an event loop; a caller who gives up while waiting leaves the queue."""
        return await asyncio.wrap_future(self._enter(task, *args, **named))

    def close(self) -> None:
        """Let what is under way end, and forget what waits."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _enter(self, task: Callable[P, T], *args: P.args, **named: P.kwargs) -> Future[T]:
        with self._lock:
            if self._there >= self.most:
                raise BusyError(f"{self._there} requests are waiting already: try again in a moment.")
            self._there += 1
        future = self._threads.submit(task, *args, **named)
        future.add_done_callback(self._leave)
        return future

    def _leave(self, future: Future[Any]) -> None:
        del future
        with self._lock:
            self._there -= 1
