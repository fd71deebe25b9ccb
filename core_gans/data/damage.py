"""The error message for a damaged file."""

from __future__ import annotations

_LONGEST = 100


def damaged(what: str, error: Exception, remedy: str = "fetch it again") -> ValueError:
    """A ValueError of one line: what is damaged, the first line of the reader's own reason, and what to do."""
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    if len(reason) > _LONGEST:
        reason = reason[:_LONGEST] + "..."
    return ValueError(f"{what} is damaged ({reason}): {remedy}")
