"""Files that are written completely or not at all: beside their place, synced to the disk, and renamed.

A full disk or a kill leaves the file that was there before.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def whole_file(path: str | Path) -> Iterator[BinaryIO]:
    """A file to write bytes into, which takes the place of ``path`` when the block ends, and never if it raises.

    Raises OSError with one line that names ``path`` where the disk is full or the folder cannot be written.
    """
    path = Path(path)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with unfinished.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise OSError(f"could not write {path} ({error}): is the disk full? What was there is intact.") from error
    finally:
        unfinished.unlink(missing_ok=True)


def write_whole(path: str | Path, content: bytes | str) -> Path:
    """Write bytes, or text as UTF-8, by :func:`whole_file`; returns the path."""
    with whole_file(path) as file:
        file.write(content.encode() if isinstance(content, str) else content)
    return Path(path)
