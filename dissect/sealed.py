"""Sealed files: safetensors whose metadata hold a SHA-256 of everything else, so that damage is noticed on reading."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

SEAL = "sha256"


def write_sealed(
    path: str | Path, arrays: Mapping[str, np.ndarray], facts: Mapping[str, object], *, overwrite: bool = False
) -> None:
    """Write ``arrays`` and the JSON-able ``facts`` into one safetensors file, whole or not at all.

    Raises:
        FileExistsError: ``path`` is there and ``overwrite`` is false.
        FileNotFoundError: the folder of ``path`` is not there.
    """
    path = Path(path)
    if path.exists() and not overwrite:
        raise FileExistsError(f"{path} exists already: choose another name, or pass overwrite=True")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path.parent} is no folder: make it first, or save elsewhere")
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False)
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        unfinished.write_bytes(save(arrays, metadata={"facts": text, SEAL: _digest(arrays, text)}))
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def read_sealed(path: str | Path) -> tuple[dict[str, np.ndarray], dict]:
    """Read what :func:`write_sealed` wrote: the arrays and the facts.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is no safetensors file, carries no seal, or its contents do not match the seal.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there: give the path of a saved file")
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            names = file.keys()
            arrays = {name: file.get_tensor(name) for name in names}
    except SafetensorError as error:
        raise ValueError(f"{path} is damaged or no safetensors file ({error}): get or make it again") from error
    if "facts" not in metadata or SEAL not in metadata:
        raise ValueError(f"{path} is a safetensors file without a seal: it was not written by this program")
    if _digest(arrays, metadata["facts"]) != metadata[SEAL]:
        raise ValueError(f"{path} is corrupt: its contents do not match its SHA-256; get or make it again")
    return arrays, json.loads(metadata["facts"])


def _digest(arrays: Mapping[str, np.ndarray], facts: str) -> str:
    digest = hashlib.sha256(facts.encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"\n{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
