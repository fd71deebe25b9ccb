"""Errors for the person at the keyboard: what was expected, what came, what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class LabError(Exception):
    """A mistake that one clear line explains; the commands print it without a traceback."""


class DivergedError(LabError):
    """A loss became NaN or infinite, and training cannot go on."""


def unknown_name(kind: str, name: str, known: Iterable[str]) -> ValueError:
    """A ValueError that names the nearest known names, or all of them when none is near."""
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"choose one of {', '.join(known)}."
    return ValueError(f"no {kind} is called {name!r}: {hint}")
