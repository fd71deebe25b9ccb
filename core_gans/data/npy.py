"""One array of pictures in a .npy file. It is mapped, so that it may be larger than the memory."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core_gans.data.arrays import channels_first, levels, pictures
from core_gans.data.collection import Collection, Read
from core_gans.data.damage import damaged
from core_gans.data.frame import Frame
from core_gans.data.labels import check_labels
from core_gans.data.npz import CLASS_NAMES, labels_for

MAGIC = b"\x93NUMPY"
_BROKEN = (ValueError, OSError, EOFError, SyntaxError, TypeError, OverflowError)


def npy_collection(path: Path) -> Collection:
    """The pictures of a .npy file, and the labels of the file beside it: of ``images.npy`` in ``labels.npy``, of
    ``x_train.npy`` in ``y_train.npy``, as in an .npz (``npz.labels_for``), with names in ``class_names.npy``.

    Bytes (N, C, H, W) or (N, H, W) of just the size and the channels that are asked for are not copied where they do
    not fit into memory: the file itself is read, as far as it is needed. Nothing is unpickled. ValueError for a file
    that is damaged or holds no pictures, and for labels that do not fit.
    """
    array = _mapped(path)
    note = levels(array, str(path)).note
    beside = [path.with_name(f"{name}.npy") for name in labels_for(path.stem)]
    there = next((file for file in beside if file.is_file() and file != path), None)
    labels: Tensor | None = None
    classes: tuple[str, ...] = ()
    if there is not None:
        names = next((file for name in CLASS_NAMES if (file := path.with_name(f"{name}.npy")).is_file()), None)
        known = None if names is None else [str(text) for text in _mapped(names).ravel()]
        labels, classes = check_labels(np.array(_mapped(there)), len(array), known, str(there))

    def read(frame: Frame) -> Read:
        return iter(pictures(array, str(path), frame.colours == 4))

    return Collection(
        path.stem, len(array), read, labels, classes, (note,) if note else (), ready=lambda frame: _as_is(array, frame)
    )


def _mapped(path: Path) -> np.ndarray:
    """The array of a .npy file, mapped; changes of it stay in memory."""
    try:
        with path.open("rb") as file:
            major, _ = np.lib.format.read_magic(file)
            header = np.lib.format.read_array_header_1_0 if major == 1 else np.lib.format.read_array_header_2_0
            shape, _, dtype = header(file)
            begin = file.tell()
        if dtype.hasobject:
            raise _ObjectsError(f"{path} holds Python objects, which are not read: save it as numbers")
        there = path.stat().st_size - begin
        if min(shape, default=1) < 0 or math.prod(shape) * dtype.itemsize != there:
            wanted = f"{dtype} ({', '.join(map(str, shape))})"
            raise ValueError(f"it says {wanted}, and {there:,} bytes follow")
        if there == 0:
            return np.empty(shape, dtype)
        return np.load(path, mmap_mode="c", allow_pickle=False)
    except _ObjectsError:
        raise
    except _BROKEN as error:
        raise damaged(f"{path}, read as .npy,", error, "save it again") from error


class _ObjectsError(ValueError):
    """A file that is whole, and that is not believed."""


def _as_is(array: np.ndarray, frame: Frame) -> Tensor | None:
    """The array as images (N, C, height, width) without a copy; None where it needs another size, type or channels.

    None for channels that come last, too: convolutions round such batches in another way, and a run that goes on where
    more memory is free would not go on to the same bits.
    """
    if array.dtype != np.uint8:
        return None
    images = torch.from_numpy(array)
    if array.ndim == 3:
        images = images[:, None]
    elif not channels_first(array.shape):
        return None
    _, colours, height, width = images.shape
    wanted = frame.colours or (3 if colours == 4 else colours)
    fits = (colours, height, width) == (wanted, frame.height, frame.width) and images.is_contiguous()
    return images if fits else None
