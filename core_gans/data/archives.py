"""Pictures in a .zip or a .tar, which is never unpacked: members are read one by one, into memory.

Names of members only say which class a picture has, so that none of them leads anywhere; a name that would lead out of
the archive's folder shows that something is wrong with it, and the archive is refused.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

import numpy as np

from core_gans.data.collection import Broken, Collection, Read
from core_gans.data.damage import damaged
from core_gans.data.frame import Frame
from core_gans.data.layouts import Parts, endings, is_picture, layout_of
from core_gans.data.pictures import decode_deep

LARGEST = 256 * 2**20  # bytes of one picture file
SWELLS = 100  # times the archive's own size; pictures are packed already
_AT_LEAST = 2**30  # bytes that any archive may hold
# What damaged or encrypted archives raise.
_BROKEN = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, OSError, EOFError),
    *(ValueError, NotImplementedError, RuntimeError),
)


def zip_collection(path: Path) -> Collection:
    """The pictures of a .zip, in the order of their names. ValueError for one that is damaged, locked, or without
    pictures, and for one that says it is far larger unpacked."""
    with _reading(path), zipfile.ZipFile(path) as archive:
        members = {info.filename: info for info in archive.infolist() if not info.is_dir()}
        if any(info.flag_bits & 1 for info in members.values()):
            raise _RefusedError(f"{path} is locked with a password: unpack it, and give the folder")
    _require_bearable(path, sum(info.file_size for info in members.values()))
    found = _pictures(path, list(members))
    names = sorted(found)
    layout = layout_of([found[name] for name in names], str(path))
    names = [names[index] for index in layout.chosen]

    def pictures(frame: Frame) -> Read:
        with _reading(path), zipfile.ZipFile(path) as archive:
            for name in names:
                yield _picture(path, name, partial(archive.open, name), frame)

    return Collection(path.stem, len(names), pictures, layout.labels, layout.classes, layout.notes)


def tar_collection(path: Path) -> Collection:
    """The pictures of a .tar, plain or packed, in the order in which they lie in it, since it has no other way in.

    Links in it are not followed. ValueError as for ``zip_collection``.
    """
    with _tar(path) as archive:
        names = [member.name for member in archive if member.isfile()]
    found = _pictures(path, names)
    listed = list(found)
    layout = layout_of([found[name] for name in listed], str(path))
    chosen = {listed[index] for index in layout.chosen}

    def pictures(frame: Frame) -> Read:
        done: set[str] = set()
        with _tar(path) as archive:
            for member in archive:
                if member.isfile() and member.name in chosen and member.name not in done:
                    done.add(member.name)
                    yield _picture(path, member.name, partial(archive.extractfile, member), frame)

    name = path.name.split(".tar")[0].removesuffix(".tgz")
    return Collection(name, len(chosen), pictures, layout.labels, layout.classes, layout.notes)


class _RefusedError(ValueError):
    """An archive that is whole, and that is not read."""


class _Careful:
    """A packed file as ``tarfile`` reads it, which lets nobody ask for more than is bearable."""

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self.file, self.path = file, path

    def read(self, size: int) -> bytes:
        if size > LARGEST + tarfile.RECORDSIZE:
            raise _RefusedError(f"{self.path} holds a header of {size:,} bytes: it is not read")
        return self.file.read(size)

    def seek(self, place: int) -> int:
        _require_bearable(self.path, place)
        return self.file.seek(place)

    def tell(self) -> int:
        return self.file.tell()


@contextmanager
def _tar(path: Path) -> Iterator[tarfile.TarFile]:
    with path.open("rb") as file:
        begin = file.read(6)
    kinds: dict[bytes, Callable[..., Any]] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
    unpacked = next((kinds[mark] for mark in kinds if begin.startswith(mark)), open)
    with (
        _reading(path),
        unpacked(path, "rb") as file,
        tarfile.open(fileobj=cast(Any, _Careful(file, path)), mode="r:") as archive,
    ):
        yield archive


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except _RefusedError:
        raise
    except _BROKEN as error:
        raise damaged(f"{path}, read as an archive of pictures,", error) from error


def _require_bearable(path: Path, unpacked: int) -> None:
    most = max(_AT_LEAST, SWELLS * path.stat().st_size)
    if unpacked > most:
        raise _RefusedError(
            f"{path} would be {unpacked / 2**30:,.1f} GiB unpacked, more than {SWELLS} times its size: pictures do not "
            "swell so, and it is not read; unpack it yourself if you trust it, and give the folder"
        )


def _pictures(path: Path, names: list[str]) -> dict[str, Parts]:
    """The parts of the picture files among ``names``."""
    found: dict[str, Parts] = {}
    for name in names:
        parts = PurePosixPath(name.replace("\\", "/")).parts
        if not is_picture(parts[-1:]):
            continue
        if ".." in parts or parts[0].startswith("/") or parts[0].endswith(":"):
            raise ValueError(f"{path} holds {name!r}, a path out of its own folder: it is not read; pack it anew")
        if is_picture(parts):
            found[name] = parts
    if not found:
        raise ValueError(f"{path} holds no pictures: expected members ending in {endings()}")
    return found


def _picture(path: Path, name: str, opened: Callable[[], IO[bytes] | None], frame: Frame) -> np.ndarray | Broken:
    where = f"{path}:{name}"
    try:
        file = opened()
        assert file is not None, "only files are asked for"
        with file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            return Broken(where, f"{where} is larger than {LARGEST // 2**20} MiB: remove it")
        return decode_deep(io.BytesIO(data), where, frame.least, frame.colours == 4)
    except _BROKEN as error:
        told = str(error)
        return Broken(where, told if told.startswith(where) else str(damaged(where, error, "pack it anew")))
