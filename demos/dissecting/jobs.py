"""Long work of the tab: in a thread of its own, with its progress to look at, and an end that can be asked for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from core_gans.foundation.errors import LabError

Phase = Literal["running", "done", "cancelled", "failed"]
Progress = Callable[[int], None]
MOST = 2  # jobs of all pages at once: they share the processor with everybody's brush


class Cancelled(Exception):  # noqa: N818 - no error: the person asked for it
    """Raised inside a job, at the next sign of its progress, when its end was asked for."""


@dataclass(frozen=True)
class JobSnapshot:
    """What can be seen of a job at one moment."""

    what: str  # it is doing
    phase: Phase = "running"
    stage: int = 0  # of several, from 1; 0 before the first
    stages: int = 1
    done: int = 0  # of the stage's own units
    total: int = 0
    first: int = 0  # done already when the stage first told of itself: work that an earlier job had kept
    begun: float = 0.0  # when it first told of itself
    trouble: str = ""

    def seconds_left(self, now: float) -> float | None:
        """Of this stage, at the pace so far; None while nothing is known of the pace."""
        fresh = self.done - self.first
        if fresh <= 0 or not self.total:
            return None
        return (now - self.begun) / fresh * max(0, self.total - self.done)


class ProgressReporter:
    """Through this a job tells how far it is, and hears that it is to end."""

    def __init__(self, job: Job, stages: int) -> None:
        self._job, self._stages, self._stage = job, stages, 0

    def stage(self, what: str, total: int) -> Progress:
        """Enter the next stage; tell the function returned how many of ``total`` are done. Both may raise Cancelled."""
        self._stage += 1
        stage = self._stage
        heard: list[tuple[int, float]] = []
        self._job.tell(what=what, stage=stage, stages=max(stage, self._stages), done=0, total=total, first=0)

        def progress(done: int) -> None:
            heard[1:] = []
            if not heard:
                heard.append((done, time.monotonic()))
            first, begun = heard[0]
            self._job.tell(done=min(done, total), first=first, begun=begun)

        return progress


class Job:
    """``task`` in the background. All methods may be called from any thread.

    ``about`` says what is worked at: the queue starts no two jobs that are about the same.
    """

    def __init__(self, about: str, what: str, task: Callable[[ProgressReporter], Any], stages: int = 1) -> None:
        self.about = about
        self._task, self._stages = task, stages
        self.after: Callable[[], None] = lambda: None
        """Called at the very end, in the job's thread."""
        self._snapshot = JobSnapshot(what)
        self._lock = threading.Lock()
        self._cancelled = threading.Event()
        self._result: Any = None
        self._thread = threading.Thread(target=self._run, name=f"dissect {about}", daemon=True)

    @property
    def snapshot(self) -> JobSnapshot:
        """What can be seen of it now."""
        with self._lock:
            return self._snapshot

    @property
    def running(self) -> bool:
        """Whether it is still at work, also when its end was asked for."""
        return self.snapshot.phase == "running"

    @property
    def result(self) -> Any:
        """What the task returned; None unless it is done."""
        return self._result

    def start(self) -> None:
        self._thread.start()

    def cancel(self) -> None:
        """Ask for its end, which comes with the next batch of images."""
        self._cancelled.set()

    @property
    def ending(self) -> bool:
        """Whether its end was asked for."""
        return self._cancelled.is_set()

    def join(self, seconds: float | None = None) -> bool:
        """Wait until its thread is gone, at most ``seconds``; whether it is."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def tell(self, **fields: Any) -> None:
        """Change the snapshot, from within the task. Raises Cancelled when its end was asked for."""
        if self._cancelled.is_set():
            raise Cancelled
        self._change(**fields)

    def _run(self) -> None:
        try:
            result = self._task(ProgressReporter(self, self._stages))
        except Cancelled:
            self._change(phase="cancelled")
        except (ValueError, TypeError, OSError, RuntimeError) as error:
            self._change(phase="failed", trouble=str(error))
        else:
            self._result = result
            self._change(phase="done")
        finally:
            if self.running:
                self._change(phase="failed", trouble="it broke off: see the messages of the program")
            self.after()

    def _change(self, **fields: Any) -> None:
        with self._lock:
            self._snapshot = replace(self._snapshot, **fields)


class JobQueue:
    """Where the jobs of all pages are at work: only ``most`` at once."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self._lock = threading.Lock()
        self._jobs: list[Job] = []

    def start(self, job: Job) -> Job:
        """``job``, under way. LabError when there are too many already, or one about the same."""
        with self._lock:
            self._jobs = [each for each in self._jobs if each.running]
            if any(each.about == job.about for each in self._jobs):
                raise LabError("this is being worked at already, from another page: wait until it is over.")
            if len(self._jobs) >= self.most:
                raise LabError(
                    f"{len(self._jobs)} dissections are running already, and more would slow each other down: wait "
                    "until one is over."
                )
            job.start()
            self._jobs.append(job)
        return job
