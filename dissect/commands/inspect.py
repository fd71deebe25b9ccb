"""``dissect inspect``: what a file holds, and how it is opened. Nothing in it is run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro
from rich.console import Console
from torch import Tensor

from core_gans.foreign import layout_of
from core_gans.foreign.weights import holds_code, read_weights, state_of
from core_gans.foundation.errors import LabError
from core_gans.foundation.sealed import SEAL, DamagedFileError, read_safetensors

SHOWN = 8  # names of weights
MEGABYTE = 1e6


@dataclass(frozen=True)
class Inspect:
    """Say what a file holds and how to open it."""

    file: tyro.conf.Positional[Path]
    """A model, weights, or a run's folder."""

    def run(self, console: Console) -> None:
        """Some lines."""
        for line in told(self.file):
            console.print(line, highlight=False, markup=False, soft_wrap=True)


def told(path: Path) -> Iterator[str]:
    """What lies at ``path``, a line each. OSError where there is nothing."""
    if path.is_dir():
        is_run = (path / "config.json").is_file()
        yield "a run of this lab" if is_run else "a folder without config.json: no run of this lab"
        if is_run:
            yield f"open it: dissect run {path}"
        return
    yield f"{path.stat().st_size / MEGABYTE:.1f} MB"
    if holds_code(path):
        yield "TorchScript: a program, which opening runs, so open only what you trust"
        yield f"open it: dissect run --generator {path}"
        return
    if _is_sealed(path):
        yield "a file of this lab, sealed: a model, a checkpoint or a dissection"
        yield f"open it: dissect run {path}"
        return
    try:
        content = read_weights(path)
        weights = state_of(content)
    except LabError as error:
        yield str(error)
        return
    if weights is not content and isinstance(content, Mapping):
        yield f"it holds {', '.join(map(str, list(content)[:SHOWN]))}"
    yield from _weights(path, weights)


def _is_sealed(path: Path) -> bool:
    """Whether it is a file that this lab has written."""
    try:
        metadata, _ = read_safetensors(path, "pt")
    except DamagedFileError:
        return False
    return SEAL in metadata


def _weights(path: Path, weights: Mapping[str, Tensor]) -> Iterator[str]:
    numbers = sum(value.numel() for value in weights.values())
    kinds = sorted({str(value.dtype).removeprefix("torch.") for value in weights.values()})
    yield f"weights: {len(weights)} tensors, {numbers:,} numbers, {', '.join(kinds)}"
    shapes = [f"{name} {_shape(value)}" for name, value in list(weights.items())[:SHOWN]]
    yield f"such as {', '.join(shapes)}"
    layout = layout_of(weights)
    if layout is None:
        yield "a layout that is not known here: give the code that takes it, --generator module:name --weights FILE"
        return
    yield f"the layout of {layout.name} ({layout.source})"
    yield f"open it: dissect run --generator {layout.name}:{path}"


def _shape(value: Any) -> str:
    return " x ".join(map(str, value.shape)) or "one number"
