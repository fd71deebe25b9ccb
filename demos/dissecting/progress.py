"""What is shown of a job: a bar, what it is at, the time left, and how it ended."""

from __future__ import annotations

import math

from core_gans.foundation.html import filled
from demos.dissecting.jobs import Job


def shown(job: Job | None, now: float, aside: str = "") -> str:
    """The job's progress as HTML, nothing where there is none. ``aside`` is plain text to say beside its end."""
    if job is None:
        return ""
    look = job.look
    left = look.seconds_left(now)
    step = f"{look.stage} of {look.stages}: " if look.stages > 1 and look.stage else ""
    words = "ending" if job.ending else "" if left is None else f"about {_time(left)} left"
    counted = f"{look.done:,} of {look.total:,}" if look.total else ""
    return filled(
        "demos.dissecting",
        "progress.html.j2",
        look=look,
        aside=aside,
        share=look.done / look.total if look.total else 0.0,
        told=" · ".join(part for part in (f"{step}{look.what}", counted, words) if part),
    )


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, math.ceil(seconds))} s"
    return f"{math.ceil(seconds / 60)} min"
