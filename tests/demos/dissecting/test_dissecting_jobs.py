"""Jobs in the background: their progress, their end, and how many there may be."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from core_gans.foundation.errors import LabError
from demos.dissecting.jobs import Job, JobSnapshot, ProgressReporter, dissection_jobs
from demos.dissecting.progress import shown

PATIENCE = 30.0  # seconds


class Held:
    """A task that tells of itself each time it is let go, up to ten times."""

    def __init__(self) -> None:
        self.go, self.told = threading.Semaphore(0), threading.Semaphore(0)

    def __call__(self, reporter: ProgressReporter) -> str:
        progress = reporter.stage("Counting <sheep>", 10)
        for done in range(1, 11):
            assert self.go.acquire(timeout=PATIENCE)
            progress(done)
            self.told.release()
        return "asleep"

    def step(self) -> None:
        self.go.release()
        assert self.told.acquire(timeout=PATIENCE)


def test_it_tells_how_far_it_is_and_what_came_of_it() -> None:
    held = Held()
    job = dissection_jobs().start(Job("a", "Sheep", held))
    held.step()
    held.step()
    assert (job.snapshot.done, job.snapshot.total, job.snapshot.first) == (2, 10, 1)
    assert 'aria-valuenow="20"' in shown(job, job.snapshot.begun + 1)
    assert "Counting &lt;sheep&gt; · 2 of 10 · about 8 s left" in shown(job, job.snapshot.begun + 1)
    for _ in range(8):
        held.step()
    assert job.join(PATIENCE)
    assert (job.snapshot.phase, job.result) == ("done", "asleep")


def test_it_ends_when_asked_and_its_thread_is_gone() -> None:
    held = Held()
    job = dissection_jobs().start(Job("a", "Sheep", held))
    held.step()
    job.stop()
    assert job.asked_to_end
    assert "ending" in shown(job, 0)
    held.go.release()
    assert job.join(PATIENCE)
    assert (job.snapshot.phase, job.snapshot.done, job.result) == ("cancelled", 1, None)
    assert not any(thread.name == "a" for thread in threading.enumerate())


def test_what_goes_wrong_is_one_escaped_line() -> None:
    def task(reporter: ProgressReporter) -> None:
        raise ValueError("no <b>such</b> thing")

    job = dissection_jobs().start(Job("a", "Trouble", task))
    assert job.join(PATIENCE)
    assert job.snapshot.phase == "failed"
    assert "no &lt;b&gt;such&lt;/b&gt; thing" in shown(job, 0)


def test_there_are_only_so_many_and_none_twice() -> None:
    queue, first, second = dissection_jobs(most=2), Held(), Held()
    one = queue.start(Job("a", "One", first))
    with pytest.raises(LabError, match="another page"):
        queue.start(Job("a", "The same", first))
    two = queue.start(Job("b", "Two", second))
    with pytest.raises(LabError, match="2 dissections are running"):
        queue.start(Job("c", "Three", first))
    for job, held in ((one, first), (two, second)):
        job.stop()
        held.go.release()
        assert job.join(PATIENCE)
    three = queue.start(Job("a", "Again", lambda reporter: 3))
    assert three.join(PATIENCE)
    assert three.result == 3


@pytest.mark.parametrize(("done", "first", "left"), [(0, 0, None), (5, 5, None), (6, 5, 40.0), (10, 5, 0.0)])
def test_the_time_left_counts_new_work_only(done: int, first: int, left: float | None) -> None:
    snapshot = JobSnapshot("work", done=done, total=10, first=first, begun=100.0)
    assert snapshot.seconds_left(110.0) == (pytest.approx(left) if left is not None else None)


def test_stages_are_told() -> None:
    seen: list[Any] = []

    def task(reporter: ProgressReporter) -> None:
        reporter.stage("First", 1)(1)
        reporter.stage("Second", 4)
        seen.append(job.snapshot)

    job = Job("a", "Both", task, stages=2)
    job.start()
    assert job.join(PATIENCE)
    assert (seen[0].what, seen[0].stage, seen[0].stages, seen[0].done, seen[0].total) == ("Second", 2, 2, 0, 4)
