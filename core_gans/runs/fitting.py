"""Whether a checkpoint's content fits the run that is to go on from it: parts, kinds of values, shapes.

A seal says that a file is as it was written, not that what was written fits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core_gans.foundation.errors import LabError
from core_gans.foundation.memory import is_out_of_memory

MISFITS = (KeyError, IndexError, TypeError, AttributeError, ValueError, RuntimeError, ArithmeticError)
LONGEST = 240  # characters of what torch says


@contextmanager
def fitting(path: str | Path) -> Iterator[None]:
    """Inside, the content of the file ``path`` is put to use: a part that is missing or misshaped is a LabError."""
    try:
        yield
    except LabError:
        raise
    except MISFITS as error:
        if is_out_of_memory(error):
            raise
        text = " ".join(str(error).split())
        why = f"it has no part {text}" if isinstance(error, KeyError) else text[:LONGEST]
        raise LabError(
            f"{path} does not fit what it is to be opened as ({why.rstrip('.')}): it was made by other code or for "
            "another configuration; put the right file back."
        ) from error


def require_counts(found: Any, expected: Any, at: str = "state") -> None:
    """LabError where a plain value of ``found`` is of another kind than that of a fresh state, or below 0.

    ``expected`` is the fresh state, nested as it is saved. Only what both have is looked at: missing parts and the
    shapes of tensors show when the state is loaded.
    """
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        for name in expected.keys() & found.keys():
            require_counts(found[name], expected[name], f"{at}/{name}")
    elif isinstance(expected, list | tuple) and isinstance(found, list | tuple):
        for place, (one, other) in enumerate(zip(found, expected, strict=False)):
            require_counts(one, other, f"{at}/{place}")
    elif isinstance(expected, bool | int | float | str) and not _alike(found, expected):
        raise LabError(f"expected {_told(expected)} at {at} of the checkpoint, got {str(found)[:60]!r}.")


def _alike(found: Any, expected: bool | int | float | str) -> bool:
    if isinstance(expected, bool | str):
        return type(found) is type(expected)
    if isinstance(found, bool) or not isinstance(found, int | float if isinstance(expected, float) else int):
        return False
    return not expected >= 0 or found >= 0  # what may be NaN, or -1 for none, may be anything


def _told(expected: bool | int | float | str) -> str:
    if isinstance(expected, bool):
        return "true or false"
    if isinstance(expected, str):
        return "a text"
    return f"a {'whole number' if isinstance(expected, int) else 'number'}{' from 0 on' if expected >= 0 else ''}"
