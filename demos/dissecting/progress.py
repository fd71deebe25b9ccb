"""What is shown of a job: a bar, what it is at, the time left, and how it ended."""

from __future__ import annotations

import math
from html import escape

from demos.dissecting.jobs import Job


def shown(job: Job | None, now: float, aside: str = "") -> str:
    """The job's progress as HTML, nothing where there is none. ``aside`` is plain text to say beside its end."""
    if job is None:
        return ""
    look = job.look
    if look.phase == "failed":
        return f'<div class="course failed" role="alert"><p>{escape(look.trouble)}</p></div>'
    if look.phase == "cancelled":
        return f'<div class="course" role="status"><p>Cancelled. {escape(aside)}</p></div>'
    if look.phase == "done":
        return f'<div class="course" role="status"><p>{escape(aside)}</p></div>' if aside else ""
    share = look.done / look.total if look.total else 0.0
    left = look.seconds_left(now)
    step = f"{look.stage} of {look.stages}: " if look.stages > 1 and look.stage else ""
    words = "ending" if job.ending else "" if left is None else f"about {_time(left)} left"
    counted = f"{look.done:,} of {look.total:,}" if look.total else ""
    told = " · ".join(part for part in (f"{step}{look.what}", counted, words) if part)
    meter = (
        f'<div class="meter" role="progressbar" aria-label="{escape(look.what)}" aria-valuemin="0" aria-valuemax="100" '
        f'aria-valuenow="{round(100 * share)}"><span style="width:{share:.1%}"></span></div>'
    )
    return f'<div class="course"><p>{escape(told)}</p>{meter}</div>'


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, math.ceil(seconds))} s"
    return f"{math.ceil(seconds / 60)} min"
