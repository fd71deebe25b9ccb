"""IDX, the format of MNIST (LeCun, Cortes & Burges): a header of big-endian sizes, then the numbers. Also gzipped."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import IO, cast

import numpy as np
from torch import Tensor

from core_gans.data.arrays import levels, pictures
from core_gans.data.collection import Collection, Read
from core_gans.data.damage import damaged
from core_gans.data.frame import Frame
from core_gans.data.labels import check_labels
from core_gans.data.room import LIMIT_BYTES

_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path: Path) -> np.ndarray:
    """The array (N, ...) of an IDX file, plain or gzipped, with its own type and shape.

    Raises ValueError for a wrong magic number, for sizes that the bytes do not bear out, and for damage.
    """
    with path.open("rb") as plain:
        zipped = plain.read(2) == b"\x1f\x8b"
    try:
        with cast(IO[bytes], gzip.open(path)) if zipped else path.open("rb") as file:
            return _array(file, str(path))
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise damaged(str(path), error) from error


def idx_collection(path: Path) -> Collection:
    """The images of an IDX file, and the labels of the file beside it when both are named as MNIST's are.

    ``train-images-idx3-ubyte`` goes with ``train-labels-idx1-ubyte``, either of them with ``.gz`` or without.
    ValueError for a file of labels.
    """
    array = read_idx(path)
    if array.ndim == 1:
        raise ValueError(f"{path} holds {len(array):,} labels, not images: give the images file that goes with it")
    notes = tuple(filter(None, [levels(array, str(path)).note]))

    def read(frame: Frame) -> Read:
        return iter(pictures(array, str(path), frame.colours == 4))

    beside = labels_beside(path)
    labels: Tensor | None = None
    classes: tuple[str, ...] = ()
    if beside is not None:
        labels, classes = check_labels(read_idx(beside), len(array), None, str(beside))
    return Collection(path.name, len(array), read, labels, classes, notes)


def labels_beside(path: Path) -> Path | None:
    """The labels file that goes with an images file by MNIST's naming, if it is there."""
    stem = path.name.removesuffix(".gz")
    name = stem.replace("images", "labels").replace("idx3", "idx1").replace("idx4", "idx1")
    if name == stem:
        return None
    found = (path.with_name(name), path.with_name(name + ".gz"))
    return next((beside for beside in found if beside.is_file()), None)


def _array(file: IO[bytes], name: str) -> np.ndarray:
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _TYPES or magic[3] == 0:
        raise ValueError(f"{name} is no IDX file: expected it to begin with 00 00 (08 to 0e) (sizes), got {magic!r}")
    sizes = file.read(4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        raise ValueError(f"{name} ends inside its header: fetch it again")
    shape = struct.unpack(f">{magic[3]}I", sizes)
    dtype = np.dtype(_TYPES[magic[2]])
    expected = math.prod(shape) * dtype.itemsize
    text = " x ".join(map(str, shape))
    if expected > LIMIT_BYTES:
        raise ValueError(f"{name} declares {text} numbers, more than {LIMIT_BYTES / 2**30:g} GiB: it is not read")
    data = file.read(expected)
    if len(data) < expected:
        raise ValueError(f"{name} declares {text} numbers, {expected:,} bytes, but holds {len(data):,}: fetch it again")
    if file.read(1):
        raise ValueError(f"{name} declares {text} numbers but goes on after them: it is damaged, fetch it again")
    return np.frombuffer(data, dtype).reshape(shape)
