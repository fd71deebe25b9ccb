"""Long work in the background: a thread with a snapshot to look at and an end that can be asked for; and how many."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Generic, Protocol, TypeVar

from core_gans.foundation.errors import LabError

BROKE_OFF = "it broke off: see the messages of the program"


class JobSnapshot(Protocol):
    """A frozen dataclass with what can be seen of a job at one moment; ``phase`` and ``trouble`` are among it."""

    @property
    def phase(self) -> str:
        """What it is doing, "failed" when something went wrong."""

    @property
    def trouble(self) -> str:
        """What went wrong, in a line."""


S = TypeVar("S", bound=JobSnapshot)


class BackgroundJob(ABC, Generic[S]):
    """Work in a thread of its own, which may be started again once it rests. Any thread may call any method."""

    def __init__(self, about: str, snapshot: S) -> None:
        self.about = about
        """What is worked at: no two jobs of the same are started."""
        self._snapshot = snapshot
        self._lock = threading.RLock()
        self._asked = threading.Event()
        self._working = False
        self._thread: threading.Thread | None = None

    @property
    def snapshot(self) -> S:
        """What can be seen of it now."""
        with self._lock:
            return self._snapshot

    @property
    def running(self) -> bool:
        """Whether it is at work, also when its end was asked for."""
        return self._working

    @property
    def asked_to_end(self) -> bool:
        """Whether its end was asked for."""
        return self._asked.is_set()

    def start(self) -> None:
        """Begin, in a thread."""
        self._asked.clear()
        self._working = True
        self._thread = threading.Thread(target=self._run, name=self.about, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ask for its end, which comes when the work next looks."""
        self._asked.set()

    def join(self, seconds: float | None = None) -> bool:
        """Wait until it rests, at most ``seconds``; whether it does."""
        if self._thread is not None:
            self._thread.join(seconds)
        return self._thread is None or not self._thread.is_alive()

    def change(self, **fields: Any) -> None:
        """Put new values into the snapshot."""
        with self._lock:
            self._snapshot = replace(self._snapshot, **fields)  # type: ignore[type-var]

    @abstractmethod
    def work(self) -> dict[str, Any]:
        """Do it, and return what the last snapshot shows. What goes wrong is described there in a line."""

    def rest(self) -> None:
        """Called at the very end, in the job's thread."""

    def _run(self) -> None:
        ended: dict[str, Any] = {"phase": "failed", "trouble": BROKE_OFF}
        try:
            ended = self.work()
        except (ValueError, TypeError, OSError, RuntimeError) as error:
            ended["trouble"] = str(error)
        finally:
            with self._lock:
                self.change(**ended)
                self._working = False
                self.rest()


J = TypeVar("J", bound=BackgroundJob[Any])


class JobList(Generic[J]):
    """The jobs of one kind, of all pages: only ``most`` at once, for they share the processor with every brush."""

    def __init__(self, most: int, same: str, many: str) -> None:
        """``same`` and ``many`` say why a job is not started; ``{about}`` and ``{count}`` may stand in them."""
        self.most, self._same, self._many = most, same, many
        self._lock = threading.Lock()
        self._jobs: list[J] = []

    def start(self, job: J, begin: Callable[[], None] | None = None) -> J:
        """``job``, under way by ``begin``. LabError when there are too many already, or one about the same."""
        with self._lock:
            self._jobs = [each for each in self._jobs if each.running]
            if any(each.about == job.about for each in self._jobs):
                raise LabError(self._same.format(about=job.about))
            if len(self._jobs) >= self.most:
                raise LabError(self._many.format(count=len(self._jobs)))
            (begin or job.start)()
            self._jobs.append(job)
        return job

    @property
    def running(self) -> int:
        """How many are at work."""
        with self._lock:
            return sum(job.running for job in self._jobs)

    def close(self, end: Callable[[J], None] | None = None, seconds: float = 60.0) -> None:
        """Ask all to end, by ``end``, and wait for them."""
        with self._lock:
            for job in self._jobs:
                if job.running:
                    end(job) if end is not None else job.stop()
            for job in self._jobs:
                job.join(seconds)
