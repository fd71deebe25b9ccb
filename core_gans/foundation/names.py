"""The error for an unknown name: it lists the nearest known names, or all of them."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Set
from typing import Any

LISTED = 40  # names, at most
MOST = 80  # characters of a name


def unknown_name(
    kind: str, name: str, known: Iterable[str], *, told: Callable[[str], str] = str, list_all: bool = False
) -> ValueError:
    """A ValueError of one line: the nearest known names, or all of them when none is near.

    ``told`` says a known name in more words; ``list_all`` lists them all even beside near ones. They keep their order,
    but for sets, which have none.
    """
    known = sorted(known) if isinstance(known, Set) else list(known)
    near = did_you_mean(name, known, told)
    more = f" and {len(known) - LISTED} more" if len(known) > LISTED else ""
    every = f"choose one of {', '.join(map(told, known[:LISTED]))}{more}." if known else "there is none."
    hint = f"{near} {every[0].upper()}{every[1:]}" if near and list_all else near or every
    return ValueError(f"no {kind} is called {name!r}: {hint}")


def require_known(kind: str, name: Any, known: Collection[str]) -> str:
    """``name``, which is one of ``known``; the ValueError of :func:`unknown_name` for anything else."""
    if not isinstance(name, str) or name not in known:
        raise unknown_name(kind, str(name)[:MOST], known)
    return name


def did_you_mean(name: str, known: Iterable[str], told: Callable[[str], str] = str) -> str:
    """``did you mean this or that?`` with at most three known names that are near to ``name``, or an empty string."""
    near = difflib.get_close_matches(name, list(known), n=3, cutoff=0.5)
    return f"did you mean {' or '.join(map(told, near))}?" if near else ""
