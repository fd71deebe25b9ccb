""".npz files: arrays of pictures, or JPEG bytes with offsets, with labels and class names where they are there.

Which array is read:
  1. the one named after the path, as in ``horse_human.npz:train_horses``;
  2. else the first of ``IMAGES`` that is there;
  3. else the only array that has the shape of pictures.
Its labels are the first array that is there of those that ``labels_for`` names. Class names are ``class_names``,
``classes`` or ``label_names``; without labels they are left alone, for they may name the classes of masks.
Masks that are named are painted in the colours of the array ``palette``, where there is one, and resized without
mixing them.
"""

from __future__ import annotations

import io
import lzma
import math
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from core_gans.data.arrays import is_pictures, levels, pictures
from core_gans.data.collection import Broken, Collection, Read
from core_gans.data.damage import damaged
from core_gans.data.frame import Frame
from core_gans.data.labels import check_labels
from core_gans.data.pictures import decode_deep
from core_gans.data.room import LIMIT_BYTES

IMAGES = (
    *("images", "train_images", "x", "X", "x_train", "X_train", "train_x", "data", "train_data"),
    *("jpeg", "train_jpeg", "arr_0"),
)
CLASS_NAMES = ("class_names", "classes", "label_names")
PALETTE = "palette"

_ENDS = {"images": "labels", "x": "y", "X": "y", "data": "labels", "jpeg": "labels"}
# What damaged or encrypted archives raise.
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError),
    *(ValueError, NotImplementedError, RuntimeError),
)


@dataclass(frozen=True)
class _Header:
    shape: tuple[int, ...]
    dtype: np.dtype

    def __str__(self) -> str:
        return f"{self.dtype} ({', '.join(map(str, self.shape))})"


def npz_collection(path: Path, array: str | None = None) -> Collection:
    """The pictures of an .npz file, or those of its ``array`` of that name, with labels where there are any.

    Nothing is unpickled, and no array is read before its declared size is known to be bearable and true.

    Raises ValueError for a file that is damaged, too large, or has no array of pictures or several, and for labels
    that do not fit.
    """
    with _reading(f"{path}, read as .npz,"):
        archive = zipfile.ZipFile(path)
    with archive:
        file = _Npz(path, archive)
        return file.collection(array or file.choose())


def arrays_in(path: Path) -> tuple[str, ...]:
    """The names of the arrays in an .npz file. ValueError for a file that is damaged or none."""
    with _reading(f"{path}, read as .npz,"), zipfile.ZipFile(path) as archive:
        return tuple(name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy"))


def labels_for(images: str) -> tuple[str, ...]:
    """The names under which the labels of the array ``images`` are looked for, in this order."""
    names = []
    for end, labels in _ENDS.items():
        if images == end or images.endswith(f"_{end}"):
            names.append(images.removesuffix(end) + labels)
        if images.startswith(f"{end}_"):
            names.append(labels + images.removeprefix(end))
    if images == "arr_0":
        names.append("arr_1")
    return (*names, f"{images}_labels", "labels", "y", "targets")


@contextmanager
def _reading(what: str) -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        raise damaged(what, error) from error


class _Npz:
    """An open .npz file whose headers are known and whose arrays are not read yet."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self.path, self.archive = path, archive
        members = [name for name in archive.namelist() if name.endswith(".npy")]
        self.headers = {name.removesuffix(".npy"): self._header(name) for name in members}

    def choose(self) -> str:
        """The array of pictures to read, by the rule at the top of this file."""
        for name in IMAGES:
            if name in self.headers:
                return name
        shaped = [name for name, header in self.headers.items() if is_pictures(header.shape)]
        shaped = [name for name in shaped if not name.endswith("masks")]
        if len(shaped) == 1:
            return shaped[0]
        if not shaped:
            raise ValueError(f"{self.path} holds no array of images: {self._list()}; call the images {IMAGES[0]!r}")
        raise ValueError(
            f"{self.path} holds several arrays that could be the images: {', '.join(shaped)}; "
            f"name one, as {self.path}:{shaped[0]}"
        )

    def collection(self, name: str) -> Collection:
        where = f"{self.path}:{name}"
        painted = name.endswith("masks") and PALETTE in self.headers
        notes: tuple[str, ...] = ()
        read: Callable[[Frame], Read]
        if name.endswith("jpeg"):
            offsets = self._offsets(name)
            count, read = len(offsets) - 1, partial(_jpegs, self._joined(name), offsets, where)
        else:
            array = self._painted(name) if painted else self._read(name)
            count = len(array) if array.ndim else 0
            notes = tuple(filter(None, [levels(array, where).note]))
            read = partial(_of_array, array, where)
        beside = next((labels for labels in labels_for(name) if labels in self.headers), None)
        if beside is None:
            return Collection(self.path.stem, count, read, notes=notes, nearest=painted)
        names = next((names for names in CLASS_NAMES if names in self.headers), None)
        classes = None if names is None else [str(text) for text in self._read(names).ravel()]
        checked = check_labels(self._read(beside), count, classes, f"{self.path}:{beside}")
        return Collection(self.path.stem, count, read, *checked, notes, painted)

    def _painted(self, name: str) -> np.ndarray:
        """Masks (N, H, W) of classes in the colours of the file's palette (classes, 3): (N, H, W, 3) uint8."""
        masks, palette = self._read(name), self._read(PALETTE)
        if masks.ndim != 3 or masks.dtype.kind not in "iu" or palette.dtype != np.uint8 or palette.shape[1:] != (3,):
            raise ValueError(
                f"{self.path}: expected {name} (N, H, W) of whole numbers and a palette (classes, 3) of bytes, "
                f"got {masks.dtype} {masks.shape} and {palette.dtype} {palette.shape}"
            )
        lowest, highest = (int(masks.min()), int(masks.max())) if masks.size else (0, 0)
        if lowest < 0 or highest >= len(palette):
            raise ValueError(
                f"{self.path}:{name}: expected masks of classes 0 to {len(palette) - 1}, one for each colour of the "
                f"palette, got {lowest if lowest < 0 else highest}"
            )
        return palette[masks]

    def _offsets(self, name: str) -> np.ndarray:
        """The (N + 1,) places in the joined JPEG bytes where each picture begins and the last one ends."""
        beside = name.removesuffix("jpeg") + "offsets"
        if beside not in self.headers:
            raise ValueError(f"{self.path}: {name} needs an array {beside}, got {self._list()}")
        offsets = self._read(beside)
        end = math.prod(self._known(name).shape)
        rising = offsets.ndim == 1 and offsets.dtype.kind in "iu" and len(offsets) > 1
        rising = rising and bool((offsets[1:] > offsets[:-1]).all())
        if not rising or offsets[0] != 0 or offsets[-1] != end:
            raise ValueError(
                f"{self.path}: expected {beside} to rise from 0 to {end:,}, the number of bytes of {name}; "
                "it does not: save it again"
            )
        return offsets

    def _joined(self, name: str) -> bytes:
        joined = self._read(name)
        if joined.dtype != np.uint8:
            raise ValueError(f"{self.path}: expected {name} as bytes (uint8), got {joined.dtype}")
        return joined.tobytes()

    def _read(self, name: str) -> np.ndarray:
        header = self._known(name)
        if header.dtype.hasobject:
            raise ValueError(f"{self.path}: {name} holds Python objects, which are not read: save it as numbers")
        taken = math.prod(header.shape) * header.dtype.itemsize
        if taken > LIMIT_BYTES:
            raise ValueError(
                f"{self.path}: {name} is {header}, {taken / 2**30:.1f} GiB: more than {LIMIT_BYTES / 2**30:g} GiB "
                "is not read; save fewer or smaller images, or this array as .npy, which may be larger than memory"
            )
        info = self.archive.getinfo(f"{name}.npy")
        if not taken < info.file_size <= taken + 65536 + 12:
            raise ValueError(f"{self.path}: {name} says {header}, but its size is another: the file is damaged")
        with _reading(f"{self.path}: {name}"), self.archive.open(info) as member:
            return np.lib.format.read_array(member, allow_pickle=False)

    def _known(self, name: str) -> _Header:
        if name not in self.headers:
            raise ValueError(f"{self.path} holds no array {name!r}: expected one of {self._list()}")
        return self.headers[name]

    def _header(self, member: str) -> _Header:
        with _reading(f"{self.path}: {member}"), self.archive.open(member) as file:
            version = np.lib.format.read_magic(file)
            if version == (1, 0):
                shape, _, dtype = np.lib.format.read_array_header_1_0(file)
            else:
                shape, _, dtype = np.lib.format.read_array_header_2_0(file)
        return _Header(shape, dtype)

    def _list(self) -> str:
        return ", ".join(f"{name} {header}" for name, header in self.headers.items()) or "no arrays at all"


def _of_array(array: np.ndarray, where: str, frame: Frame) -> Read:
    return iter(pictures(array, where, frame.colours == 4))


def _jpegs(data: bytes, offsets: np.ndarray, where: str, frame: Frame) -> Read:
    for index, (begin, end) in enumerate(zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)):
        name = f"{where}, picture {index}"
        try:
            yield decode_deep(io.BytesIO(data[begin:end]), name, frame.least, frame.colours == 4)
        except ValueError as error:
            yield Broken(name, str(error))
