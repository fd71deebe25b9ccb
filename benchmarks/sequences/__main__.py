"""``python -m benchmarks.sequences SYSTEM [options]``: what goes on in time, each measured beside its baselines.

A system is a module with a ``main(words)`` of its own: ``python -m benchmarks.sequences SYSTEM --help``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from benchmarks.sequences import driving, films, speed, words

SYSTEMS: dict[str, Callable[[Sequence[str]], None]] = {
    "films": films.main,
    "driving": driving.main,
    "words": words.main,
    "speed": speed.main,
}
"""By name, in the order of the page docs/sequences.md."""


def main(args: Sequence[str] | None = None) -> None:
    """Measure the system that the first word names, or say which there are."""
    name, *rest = (sys.argv[1:] if args is None else args) or [""]
    if name not in SYSTEMS:
        raise SystemExit(f"usage: python -m benchmarks.sequences SYSTEM [options], with one of {', '.join(SYSTEMS)}.")
    SYSTEMS[name](rest)


if __name__ == "__main__":
    main()
