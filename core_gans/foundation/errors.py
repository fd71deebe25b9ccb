"""Errors for the person at the keyboard: what was expected, what came, what to do."""

from __future__ import annotations

import pickle
import struct

# What torch's reader of pickles raises for bytes that are none, are cut off, or would make objects.
DAMAGE = (
    pickle.UnpicklingError,
    RuntimeError,
    EOFError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    AssertionError,
    struct.error,
)


class LabError(ValueError):
    """A mistake that one clear line explains; the commands print it without a traceback."""


class DivergedError(LabError):
    """A loss became NaN or infinite, and training cannot go on."""
