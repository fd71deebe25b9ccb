"""One file for a moment of a run: weights, fields, random state, counters; checked on reading.

A checkpoint is a safetensors file. Tensors are stored by their path in a nested structure, everything else as JSON
in the file's metadata, with a format number and a SHA-256 over both: a flipped bit is noticed, and nothing in the
file can run code. It is written under a temporary name and renamed, so a full disk or a kill leaves the old file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save as to_bytes
from torch import Tensor

from core_gans.foundation.errors import LabError
from core_gans.foundation.sealed import SEAL, DamagedFileError, digest, read_safetensors, require_free
from core_gans.foundation.whole_files import write_whole

FORMAT = 1


class CheckpointError(LabError):
    """A checkpoint that cannot be read or does not fit."""


def save(path: str | Path, content: Mapping[str, Any], *, overwrite: bool = False) -> Path:
    """Write nested dicts, lists and tuples of tensors, numbers, strings, booleans and None.

    Raises FileExistsError unless ``overwrite``, and CheckpointError when the disk is full (nothing is left behind).
    """
    path = Path(path)
    require_free(path, overwrite=overwrite)
    tensors: dict[str, Tensor] = {}
    structure = json.dumps(_flatten(content, "", tensors))
    metadata = {"format": str(FORMAT), "structure": structure, SEAL: _digest(structure, tensors)}
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return write_whole(path, to_bytes(tensors, metadata))
    except OSError as error:
        raise CheckpointError(str(error)) from error


def load(path: str | Path) -> dict[str, Any]:
    """Read what ``save`` wrote. CheckpointError says when the file is missing, corrupt or of a newer version."""
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(f"expected a checkpoint at {path}, found nothing there.")
    try:
        metadata, tensors = read_safetensors(path, "pt")
    except DamagedFileError as error:
        raise _corrupt(path, error.why) from error
    if "format" not in metadata:
        raise CheckpointError(f"{path} is a safetensors file, but no checkpoint of this lab.")
    if not metadata["format"].isdecimal() or int(metadata["format"]) < 1:
        raise _corrupt(path, f"its format is {metadata['format']!r}")
    if int(metadata["format"]) > FORMAT:
        raise CheckpointError(
            f"{path} has format {metadata['format']}, and this version reads up to {FORMAT}: update gan-lab to read it."
        )
    structure = metadata.get("structure", "")
    if metadata.get(SEAL) != _digest(structure, tensors):
        raise _corrupt(path, "its SHA-256 does not match")
    try:
        content = _restore(json.loads(structure), tensors)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _corrupt(path, f"its structure cannot be read: {type(error).__name__}") from error
    if not isinstance(content, dict):
        raise _corrupt(path, "it holds no parts by name")
    return content


def _corrupt(path: Path, why: str) -> CheckpointError:
    return CheckpointError(
        f"{path} is corrupt, or no file of this lab ({why}; ask dissect inspect FILE): nothing was changed; in a run, "
        "move it away to continue from the checkpoint before it."
    )


def _digest(structure: str, tensors: Mapping[str, Tensor]) -> str:
    return digest(
        structure,
        (
            (f"{name} {tensor.dtype} {tuple(tensor.shape)}", tensor.contiguous().flatten().view(torch.uint8).numpy())
            for name, tensor in sorted(tensors.items())
        ),
    )


def _flatten(value: Any, path: str, tensors: dict[str, Tensor]) -> Any:
    """The JSON shape of ``value``; its tensors go into ``tensors``, by path."""
    if isinstance(value, Tensor):
        tensors[path] = value.detach().cpu().contiguous().clone()
        return {"tensor": path}
    if isinstance(value, Mapping):
        keys = [[key, _flatten(item, f"{path}/{key}", tensors)] for key, item in value.items()]
        return {"mapping": keys}
    if isinstance(value, (list, tuple)):
        items = [_flatten(item, f"{path}/{index}", tensors) for index, item in enumerate(value)]
        return {"tuple" if isinstance(value, tuple) else "list": items}
    if value is None or isinstance(value, (bool, int, float, str)):
        return {"value": value}
    raise TypeError(
        f"a checkpoint holds tensors, numbers, strings, dicts and lists, not {type(value).__name__} at {path}."
    )


def _restore(shape: dict[str, Any], tensors: Mapping[str, Tensor]) -> Any:
    ((kind, content),) = shape.items()
    if kind == "tensor":
        return tensors[content]
    if kind == "mapping":
        return {key: _restore(item, tensors) for key, item in content}
    if kind in ("list", "tuple"):
        items = [_restore(item, tensors) for item in content]
        return tuple(items) if kind == "tuple" else items
    return content
