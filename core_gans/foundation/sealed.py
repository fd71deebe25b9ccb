"""Sealed files: safetensors whose metadata hold a text and a SHA-256 of it and of every tensor, checked on reading.

A flipped bit is noticed, and nothing in such a file can run code. Two formats are built from these parts: checkpoints
(``core_gans.runs.checkpoints``), which hold nested tensors, and arrays with facts, which are here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from core_gans.foundation.errors import LabError
from core_gans.foundation.whole_files import write_whole

SEAL = "sha256"  # its name in the metadata


class DamagedFileError(LabError):
    """A file that cannot be read as what it should be; ``why`` is what the reading said."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} is damaged or no safetensors file ({why}): get or make it again")
        self.why = why


def require_free(path: Path, *, overwrite: bool) -> None:
    """FileExistsError where ``path`` is there already, unless ``overwrite``."""
    if path.exists() and not overwrite:
        raise FileExistsError(f"{path} exists already and is kept: choose another name.")


def read_safetensors(path: Path, framework: Literal["pt", "numpy"]) -> tuple[dict[str, str], dict[str, Any]]:
    """The metadata and the tensors of a file, by name. DamagedFileError where it cannot be read as safetensors."""
    try:
        with safe_open(path, framework=framework) as file:
            return file.metadata() or {}, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise DamagedFileError(path, str(error)) from error


def digest(text: str, tensors: Iterable[tuple[str, Any]]) -> str:
    """The SHA-256, as hex digits, of a text and then of each tensor: what is said of it, and its bytes (a buffer)."""
    found = hashlib.sha256(text.encode())
    for said, content in tensors:
        found.update(said.encode())
        found.update(content)
    return found.hexdigest()


def write_sealed(
    path: str | Path, arrays: Mapping[str, np.ndarray], facts: Mapping[str, object], *, overwrite: bool = False
) -> None:
    """Write ``arrays`` and the JSON-able ``facts`` into one sealed file, whole or not at all.

    Raises:
        FileExistsError: ``path`` is there and ``overwrite`` is false.
        FileNotFoundError: the folder of ``path`` is not there.
        OSError: the disk is full, or the folder cannot be written.
    """
    path = Path(path)
    require_free(path, overwrite=overwrite)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path.parent} is no folder: make it first, or save elsewhere")
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False)
    write_whole(path, save(arrays, metadata={"facts": text, SEAL: _digest(arrays, text)}))


def read_sealed(path: str | Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read what :func:`write_sealed` wrote: the arrays and the facts.

    Raises:
        FileNotFoundError: there is no such file.
        LabError: the file is no safetensors file, carries no seal, or its contents do not match the seal.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there: give the path of a saved file")
    metadata, arrays = read_safetensors(path, "numpy")
    if "facts" not in metadata or SEAL not in metadata:
        raise LabError(f"{path} is a safetensors file without a seal: it was not written by this program")
    if _digest(arrays, metadata["facts"]) != metadata[SEAL]:
        raise LabError(f"{path} is corrupt: its contents do not match its SHA-256; get or make it again")
    return arrays, json.loads(metadata["facts"])


def _digest(arrays: Mapping[str, np.ndarray], facts: str) -> str:
    return digest(
        facts,
        ((f"\n{name} {array.dtype.str} {array.shape}\n", array.tobytes()) for name, array in sorted(arrays.items())),
    )
