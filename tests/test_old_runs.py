"""Runs made by version 0.1.0, of every kind, go on as they went on there: their folders are kept in tests/old_runs.

Each was stopped after 6 rounds and continued to 12 by that version (``expected.safetensors``). Whole numbers
(order of the data, counters, states of chance) must be equal; the last bits of weights differ between processors, and
on some grow large within six rounds. So all go on with the instructions of the one on which they were made.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from core_gans.runs.checkpoints import load

OLD = Path(__file__).parent / "old_runs"
TOLERANCE = 2e-4  # of a weight: six rounds of Adam turn the last bits of another processor into no more
# Normalisation takes a bias in front of it away again. Its gradient is the last bits alone, and Adam steps by its rate.
NORMALISED, OF_BIAS = re.compile(r"/nets/generator/(there|back)\.layers\..*\.bias$"), 3e-3  # of the translators alone
INSTRUCTIONS = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"}
GO_ON = """
import sys
from pathlib import Path
import torch
from rich.console import Console

torch.set_num_threads(1)
run = Path(sys.argv[1])
if run.name.startswith("evolve"):
    from egan.experiment import resume_evolution as resume
else:
    from core_gans.experiment import resume_training as resume
resume(run, rounds=12, seconds=None, console=Console(quiet=True))
"""
NEW = ("seconds", "bytes")


@pytest.mark.parametrize("name", sorted(path.name for path in OLD.iterdir()))
def test_an_old_run_goes_on_as_it_went_on_when_it_was_made(name: str, tmp_path: Path) -> None:
    run = tmp_path / name
    shutil.copytree(OLD / name, run)
    subprocess.run([sys.executable, "-P", "-c", GO_ON, run], check=True, env={**os.environ, **INSTRUCTIONS})
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
        near = OF_BIAS if NORMALISED.match(path) else TOLERANCE
        same = torch.allclose(found, expected, atol=near, equal_nan=True) if expected.is_floating_point() else None
        if not (torch.equal(found, expected) if same is None else same):
            yield path
    elif isinstance(expected, float):
        if found != pytest.approx(expected, rel=1e-3, abs=TOLERANCE, nan_ok=True):
            yield f"{path}: {found} for {expected}"
    elif found != expected:
        yield f"{path}: {found} for {expected}"
