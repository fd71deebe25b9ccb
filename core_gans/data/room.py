"""Room for the images of a data set: in memory while they fit there, else in a file that is mapped into it.

A mapped file is read by the system page by page as its images are asked for; who writes or reads many images says so
(``touched``), and every 16 MiB the process lets go of all such pages. The file has no name, so that it is gone with
the process, whatever ends that. To the rest of the lab it is a tensor as any other.
"""

from __future__ import annotations

import errno
import mmap
import os
import shutil
import tempfile
from pathlib import Path
from weakref import WeakSet

import numpy as np

from core_gans.foundation.errors import LabError
from core_gans.foundation.memory import available, gib

LIMIT_BYTES = 8 * 2**30  # more than this is mapped, however much memory is free
CLIPS_BYTES = 2**29  # the same of clips, of which there are many bytes for what is learned from them at once
SHARE = 0.5  # of the free memory: more than this is mapped, too
HELD_BYTES = 2**24  # written or read, after which pages are let go: the system may map 2 MiB for one image
_KEPT_FREE = 2**30  # bytes of the disk that are left to others
_mappings: WeakSet[mmap.mmap] = WeakSet()
_touched = 0  # bytes since pages were let go


def fits_memory(wanted: int, most: int | None = None) -> bool:
    """Whether ``wanted`` bytes of images are kept in memory: ``most`` at most, or LIMIT_BYTES."""
    free = available()
    return wanted <= (LIMIT_BYTES if most is None else most) and (free is None or wanted <= SHARE * free)


def reserve(shape: tuple[int, ...], most: int | None = None) -> np.ndarray:
    """An array (N, ...) of bytes to write images into: in memory, or mapped where it does not fit (``most`` bytes).

    LabError for a full disk.
    """
    wanted = int(np.prod(shape, dtype=np.float64))
    if fits_memory(wanted, most):
        return np.empty(shape, np.uint8)
    require_disk(wanted, shape, most)
    with tempfile.TemporaryFile(dir=folder()) as file:
        try:
            if hasattr(os, "posix_fallocate"):  # a hole that the disk cannot fill later would end the process
                os.posix_fallocate(file.fileno(), 0, wanted)
            else:
                file.truncate(wanted)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise
            raise _no_room(wanted, shape, 0) from error
        mapped = np.memmap(file, np.uint8, "r+", shape=shape)
        _mappings.add(mapped._mmap)  # type: ignore[attr-defined]  # numpy does not declare it
        return mapped


def touched(count: int) -> None:
    """Count ``count`` bytes that were written or read; after HELD_BYTES, let go of the pages of all mapped files.

    What was written stays: the system keeps it for the file, outside the memory of the process.
    """
    global _touched
    _touched += count
    if _touched >= HELD_BYTES:
        _touched = 0
        for mapping in _mappings:
            if hasattr(mmap, "MADV_DONTNEED"):  # not on Windows
                mapping.madvise(mmap.MADV_DONTNEED)


def picked(images: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """The clips at the indices ``chosen`` of ``images`` (N, C, T, H, W) uint8, one by one; many of them are mapped.

    LabError for a full disk.
    """
    found = reserve((len(chosen), *images.shape[1:]), CLIPS_BYTES)
    for place, index in enumerate(chosen):
        found[place] = images[index]
        touched(2 * found[place].nbytes)
    return found


def require_disk(wanted: int, shape: tuple[int, ...], most: int | None = None) -> None:
    """LabError where neither the memory nor the disk has ``wanted`` bytes free for images of ``shape`` (N, C, H, W)."""
    if not fits_memory(wanted, most):
        free = shutil.disk_usage(folder()).free - _KEPT_FREE
        if wanted > free:
            raise _no_room(wanted, shape, max(0, free))


def folder() -> Path:
    """Where mapped files lie: TMPDIR, else /var/tmp, which lies on a disk where /tmp may lie in memory."""
    given, usual = os.environ.get("TMPDIR"), Path("/var/tmp")
    return Path(given) if given else usual if os.access(usual, os.W_OK) else Path(tempfile.gettempdir())


def _no_room(wanted: int, shape: tuple[int, ...], free: int) -> LabError:
    count, *image = shape
    return LabError(
        f"{count:,} images of {'x'.join(map(str, image))} would take {gib(wanted)}, more than the memory has free, and "
        f"{folder()} has room for {gib(free)}: choose a smaller size or fewer images, or name a folder with room in "
        "TMPDIR"
    )
