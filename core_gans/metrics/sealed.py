"""Tensors in one safetensors file, sealed: a SHA-256 of names, shapes, types and bytes stands in its metadata."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save
from torch import Tensor

_SEAL = "sha256"


def write_sealed(path: Path, tensors: Mapping[str, Tensor], about: Mapping[str, str]) -> str:
    """Write ``tensors`` with the metadata ``about`` and their SHA-256; return it.

    The file appears under its name only when it is whole. An existing file is replaced.
    """
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    seal = _digest(plain)
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("wb") as file:
            file.write(save(plain, metadata={**about, _SEAL: seal}))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return seal


def read_sealed(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors and the metadata of a file that ``write_sealed`` wrote.

    Raises ``FileNotFoundError`` when there is none, and ``ValueError`` when it is no such file or its bytes are not
    those that were sealed.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}: expected a sealed .safetensors file")
    try:
        with safe_open(path, framework="pt") as stored:
            about = dict(stored.metadata() or {})
        tensors = load_file(path)
    except SafetensorError as error:
        raise ValueError(f"{path} is no readable safetensors file ({error}); get a fresh copy of it") from error
    if _SEAL not in about:
        raise ValueError(f"{path} carries no {_SEAL} in its metadata, so its content cannot be trusted")
    found = _digest(tensors)
    if found != about[_SEAL]:
        raise ValueError(
            f"{path} is damaged: its tensors have SHA-256 {found[:12]}..., sealed was {about[_SEAL][:12]}...; "
            "get a fresh copy of it"
        )
    return tensors, about


def _digest(tensors: Mapping[str, Tensor]) -> str:
    seal = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name]
        seal.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        seal.update(tensor.flatten().view(torch.uint8).numpy().tobytes())
    return seal.hexdigest()
