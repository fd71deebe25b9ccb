"""Errors for the person at the keyboard: what was expected, what came, what to do."""

from __future__ import annotations


class LabError(ValueError):
    """A mistake that one clear line explains; the commands print it without a traceback."""


class DivergedError(LabError):
    """A loss became NaN or infinite, and training cannot go on."""
