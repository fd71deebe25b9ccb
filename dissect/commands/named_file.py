"""Files by what a person wrote, which may be no name of a file at all."""

from __future__ import annotations

from pathlib import Path


def is_file(path: Path) -> bool:
    """Whether there is a file; not an error for a text that is longer than a system lets names be."""
    try:
        return path.is_file()
    except OSError:
        return False
