"""Files and folders that are written completely or not at all: beside their place, and renamed when they are whole.

A full disk or a kill leaves what was there before; the error of a full disk names the place.
"""

from __future__ import annotations

import os
import shutil
import tempfile
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
        with naming(path):
            with unfinished.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def write_whole(path: str | Path, content: bytes | str) -> Path:
    """Write bytes, or text as UTF-8, by :func:`whole_file`; returns the path."""
    with whole_file(path) as file:
        file.write(content.encode() if isinstance(content, str) else content)
    return Path(path)


@contextmanager
def whole_folder(path: str | Path) -> Iterator[Path]:
    """A folder to write files into, which becomes ``path`` when the block ends, and is removed if it raises.

    Folders above are made; ``path`` may be there if it is empty. Raises OSError with one line that names what could not
    be written, by its place in ``path``.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        yield draft
        draft.chmod(0o755)  # a temporary folder is its maker's alone
        if path.exists():
            path.rmdir()
        draft.rename(path)
    except OSError as error:
        raise OSError(str(error).replace(str(draft), str(path))) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


@contextmanager
def naming(path: str | Path) -> Iterator[None]:
    """Let an OSError of the block, which need not say where it happened, name ``path`` and what to look at."""
    try:
        yield
    except OSError as error:
        raise OSError(f"could not write {path} ({error}): is the disk full? What was there is intact.") from error
