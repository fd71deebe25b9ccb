"""Benchmarks run at a tiny size, so that what is rarely run does not rot."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import inversion

ROOT = Path(__file__).parents[1]
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in (ROOT / "benchmarks").rglob("*.py")
    if path.name != "__main__.py"
)


@pytest.mark.parametrize("module", MODULES)
def test_every_benchmark_imports(module: str) -> None:
    assert importlib.import_module(module).__doc__ is not None


@pytest.mark.slow
@pytest.mark.parametrize("part", ["layers", "memory"])
def test_the_cost_of_a_dissection_is_measured(part: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.dissection_cost", part],
        cwd=ROOT,
        env={**os.environ, "IMAGES": "64", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=170,
    )
    assert done.returncode == 0, done.stderr[-800:]
    assert done.stdout.count("|") > 8


@pytest.mark.slow
def test_the_inversion_of_scenes_is_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inversion.main(inversion.Plan(tiny=True, sheet=tmp_path / "sheet.png"))
    told = capsys.readouterr().out
    assert "1 scenes of seed 20261129, 4 steps each, layer block8" in told
    assert told.count("|") > 40
    assert (tmp_path / "sheet.png").stat().st_size > 1000
