"""CIFAR-10 and CIFAR-100 in their Python version (Krizhevsky 2009): pickles, read without trusting them.

A pickle can name any function for the reader to call. This reader admits the four names that an array of plain
numbers needs, gives harmless stand-ins for them, and refuses every other name before anything is called.
"""

from __future__ import annotations

import io
import pickle
import pickletools
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from core_gans.data.arrays import pictures
from core_gans.data.collection import Collection
from core_gans.data.damage import damaged
from core_gans.data.labels import check_labels

_LIMIT_BYTES = 2**30  # the real files have at most 160 MB
# What unpickling damaged bytes raises.
_BROKEN = (pickle.UnpicklingError, ValueError, TypeError, LookupError, EOFError, AttributeError, OverflowError)


class _RefusedError(Exception):
    """The pickle asks for something that no data set needs."""


def cifar_collection(path: Path) -> Collection:
    """A CIFAR file (``data_batch_1``, ``test_batch``, ``train``, ``test``), or a folder: all its training images.

    Labels are the fine ones; class names come from ``batches.meta`` or ``meta`` where it lies beside.
    Raises ValueError for a pickle that is damaged, holds anything but arrays and lists, or is no CIFAR file.
    """
    paths = training_files(path) if path.is_dir() else [path]
    rows, labels = [], []
    for part in paths:
        content = _read(part)
        data = content.get("data")
        found = content.get("fine_labels", content.get("labels"))
        if not isinstance(data, np.ndarray) or data.ndim != 2 or data.shape[1] != 3072 or data.dtype != np.uint8:
            raise ValueError(f"{part} is no CIFAR file: expected 'data' of (N, 3072) bytes, got {_describe(content)}")
        if not isinstance(found, list) or not all(isinstance(label, int) for label in found):
            raise ValueError(f"{part} is no CIFAR file: expected a list 'labels' or 'fine_labels' of whole numbers")
        rows.append(data)
        labels += found
    array = np.concatenate(rows).reshape(-1, 3, 32, 32)
    checked = check_labels(np.asarray(labels, np.int64), len(array), _class_names(paths[0].parent), str(path))
    return Collection(path.resolve().name, len(array), lambda frame: iter(pictures(array, str(path))), *checked)


def training_files(folder: Path) -> list[Path]:
    """``data_batch_1``, ``data_batch_2``, ... of CIFAR-10, or ``train`` of CIFAR-100; empty if it is no such folder."""
    batches = [path for path in sorted(folder.glob("data_batch_*")) if path.is_file()]
    train = folder / "train"
    return batches or ([train] if train.is_file() else [])


class _ArraysOnly(pickle.Unpickler):
    """Admits what a pickled array of plain numbers names, and nothing else."""

    def find_class(self, module: str, name: str) -> Callable[..., object]:
        stand_in = _ADMITTED.get((module.replace("numpy._core", "numpy.core"), name))
        if stand_in is None:
            raise _RefusedError(f"it asks for {f'{module}.{name}'!r}, which no data set needs")
        return stand_in


def _empty_array(*_: object) -> np.ndarray:
    return np.empty(0, np.uint8)  # shape, type and bytes are set, and checked by numpy, when its state is restored


def _plain_dtype(code: object, *_: object) -> np.dtype:
    name = code.decode("ascii", "replace") if isinstance(code, bytes) else code
    if name not in ("u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8", "b1"):
        raise _RefusedError(f"it holds an array of type {name!r}, where bytes were expected")
    return np.dtype(name)


def _encoded(text: object, encoding: object = "latin1") -> bytes:
    if not isinstance(text, str) or encoding != "latin1":
        raise _RefusedError("it encodes something other than bytes")
    return text.encode("latin1")


_ADMITTED: dict[tuple[str, str], Callable[..., object]] = {
    ("numpy.core.multiarray", "_reconstruct"): _empty_array,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): _plain_dtype,
    ("_codecs", "encode"): _encoded,
}


def _read(path: Path) -> dict[str, object]:
    if path.stat().st_size > _LIMIT_BYTES:
        raise ValueError(f"{path} is too large for a CIFAR file: expected at most {_LIMIT_BYTES / 2**30:g} GiB")
    data = path.read_bytes()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on odd text in damaged files
            _check_opcodes(data)
            content = _ArraysOnly(io.BytesIO(data), encoding="latin1").load()
    except _RefusedError as error:
        raise ValueError(f"{path} is refused as a CIFAR file: {error}") from error
    except _BROKEN as error:
        raise damaged(f"{path}, read as a CIFAR file,", error) from error
    if not isinstance(content, dict):
        raise ValueError(f"{path} is no CIFAR file: expected a dictionary, got {type(content).__name__}")
    return {key.decode("latin1") if isinstance(key, bytes) else str(key): value for key, value in content.items()}


def _check_opcodes(data: bytes) -> None:
    """Refuse what would take memory out of proportion to the file; lengths are checked by ``genops`` itself."""
    for count, (opcode, argument, _) in enumerate(pickletools.genops(data)):
        if "PUT" in opcode.name and isinstance(argument, int) and argument > 2 * count + 1024:
            raise _RefusedError(f"it numbers an object {argument:,}, out of all proportion")


def _class_names(folder: Path) -> list[str] | None:
    for file, key in (("batches.meta", "label_names"), ("meta", "fine_label_names")):
        path = folder / file
        if path.is_file():
            names = _read(path).get(key)
            if not isinstance(names, list):
                raise ValueError(f"{path}: expected a list {key!r} of class names: fetch it again")
            return [name.decode("latin1") if isinstance(name, bytes) else str(name) for name in names]
    return None


def _describe(content: dict[str, object]) -> str:
    kinds = []
    for key, value in sorted(content.items()):
        kinds.append(f"{key} {value.dtype} {value.shape}" if isinstance(value, np.ndarray) else key)
    return ", ".join(kinds) or "nothing"
