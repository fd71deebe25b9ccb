"""What is shown of a job: a bar, what it is at, the time left, and how it ended."""

from __future__ import annotations

import math

from core_gans.foundation.html import filled
from demos.dissecting.jobs import Job


def shown(job: Job | None, now: float, aside: str = "") -> str:
    """The job's progress as HTML, nothing where there is none. ``aside`` is plain text to say beside its end."""
    if job is None:
        return ""
    snapshot = job.snapshot
    left = snapshot.seconds_left(now)
    step = f"{snapshot.stage} of {snapshot.stages}: " if snapshot.stages > 1 and snapshot.stage else ""
    words = "ending" if job.asked_to_end else "" if left is None else f"about {_time(left)} left"
    counted = f"{snapshot.done:,} of {snapshot.total:,}" if snapshot.total else ""
    return filled(
        "demos.dissecting",
        "progress.html.j2",
        snapshot=snapshot,
        aside=aside,
        share=snapshot.done / snapshot.total if snapshot.total else 0.0,
        told=" · ".join(part for part in (f"{step}{snapshot.what}", counted, words) if part),
    )


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, math.ceil(seconds))} s"
    return f"{math.ceil(seconds / 60)} min"
