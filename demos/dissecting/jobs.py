"""Long work of the tab: in a thread of its own, with its progress to look at, and an end that can be asked for."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from demos.background import BackgroundJob, JobList

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


class Job(BackgroundJob[JobSnapshot]):
    """``task`` in the background, which tells how far it is."""

    def __init__(self, about: str, what: str, task: Callable[[ProgressReporter], Any], stages: int = 1) -> None:
        super().__init__(about, JobSnapshot(what))
        self._task, self._stages = task, stages
        self.after: Callable[[], None] = lambda: None
        """Called at the very end, in the job's thread."""
        self.result: Any = None
        """What the task returned; None unless it is done."""

    def tell(self, **fields: Any) -> None:
        """Change the snapshot, from within the task. Raises Cancelled when its end was asked for."""
        if self.asked_to_end:
            raise Cancelled
        self.change(**fields)

    def work(self) -> dict[str, Any]:
        try:
            self.result = self._task(ProgressReporter(self, self._stages))
        except Cancelled:
            return {"phase": "cancelled"}
        return {"phase": "done"}

    def rest(self) -> None:
        self.after()


def dissection_jobs(most: int = MOST) -> JobList[Job]:
    """The dissections, tests and mendings of all pages."""
    return JobList(
        most,
        "this is being worked at already, from another page: wait until it is over.",
        "{count} dissections are running already, and more would slow each other down: wait until one is over.",
    )
