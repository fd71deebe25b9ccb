"""Runs made by version 0.1.0, of every kind, go on as they went on there: their folders are kept in tests/old_runs.

Each was stopped after 6 rounds and continued to 12 by that version (``expected.safetensors``). Whole numbers
(order of the data, counters, states of chance) must be equal; the last bits of weights differ between processors.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console
from torch import Tensor

from core_gans.experiment import resume_training
from core_gans.runs.checkpoints import load
from egan.experiment import resume_evolution

OLD = Path(__file__).parent / "old_runs"
TOLERANCE = 2e-4  # of a weight: six rounds of Adam turn the last bits of another processor into no more
NEW = ("seconds", "bytes")


@pytest.mark.parametrize("name", sorted(path.name for path in OLD.iterdir()))
def test_an_old_run_goes_on_as_it_went_on_when_it_was_made(name: str, tmp_path: Path) -> None:
    run = tmp_path / name
    shutil.copytree(OLD / name, run)
    resume = resume_evolution if name.startswith("evolve") else resume_training
    resume(run, rounds=12, seconds=None, console=Console(quiet=True))
    found = load(run / "checkpoints" / "round-0000012.safetensors")
    expected = load(run / "expected.safetensors")
    assert list(_differences(found["state"], expected["state"], "")) == []


def _differences(found: Any, expected: Any, path: str) -> Iterator[str]:
    """Paths of what ``expected`` holds and ``found`` does not; what is new in ``found`` may be there."""
    if isinstance(expected, Mapping):
        for key in expected:
            if key in NEW:
                continue
            if key not in found:
                yield f"{path}/{key}: gone"
            else:
                yield from _differences(found[key], expected[key], f"{path}/{key}")
    elif isinstance(expected, list | tuple):
        if len(found) != len(expected):
            yield f"{path}: {len(found)} for {len(expected)}"
        for index, (one, other) in enumerate(zip(found, expected, strict=False)):
            yield from _differences(one, other, f"{path}/{index}")
    elif isinstance(expected, Tensor):
        same = torch.allclose(found, expected, atol=TOLERANCE, equal_nan=True) if expected.is_floating_point() else None
        if not (torch.equal(found, expected) if same is None else same):
            yield path
    elif isinstance(expected, float):
        if found != pytest.approx(expected, rel=1e-3, abs=TOLERANCE, nan_ok=True):
            yield f"{path}: {found} for {expected}"
    elif found != expected:
        yield f"{path}: {found} for {expected}"
