"""Two processes of torchrun against one: the same numbers, the same checkpoints, and one that writes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console
from torch import Tensor

from core_gans.experiment import resume_training, run_training
from core_gans.foundation.errors import LabError
from core_gans.runs import checkpoints
from egan.experiment import run_evolution
from egan.options import Evolution
from tests.core_gans.parallel.playing import GAMES, OPTIONS, REFUSED, ROUNDS, RUN, exact, played

ROOT = Path(__file__).parents[3]
QUIET = Console(quiet=True)
pytestmark = pytest.mark.timeout(600)  # three processes load torch


@pytest.fixture(autouse=True)
def _float64() -> Iterator[None]:
    with exact():
        yield


@pytest.fixture(scope="module")
def by_two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What two processes played."""
    out = tmp_path_factory.mktemp("together")
    with exact():
        run_training("gan", RUN, OPTIONS, rounds=ROUNDS, runs_folder=out, name="by-one", console=QUIET)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [*command, "-m", "tests.core_gans.parallel.playing", str(out)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return out


def farthest(one: Any, other: Any) -> float:
    """The largest difference of any number in two states; seconds may differ."""
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        return max((farthest(one[key], other[key]) for key in one if key != "seconds"), default=0.0)
    if isinstance(one, list | tuple):
        return max((farthest(*pair) for pair in zip(one, other, strict=True)), default=0.0)
    if isinstance(one, Tensor) and one.is_floating_point():
        assert one.dtype == torch.float64 or one.dim() == 0
        return float((one.double() - other.double()).abs().max()) if one.numel() else 0.0
    assert torch.equal(one, other) if isinstance(one, Tensor) else one == other
    return 0.0


@pytest.mark.parametrize("name", GAMES)
def test_two_processes_give_the_numbers_of_one_with_the_whole_batch(name: str, by_two: Path) -> None:
    found = checkpoints.load(by_two / f"{name}.safetensors")
    alone = played(name)
    assert found["round"] == ROUNDS
    assert farthest(found, alone) < 1e-9


def test_what_couples_examples_and_odd_batches_are_refused(by_two: Path) -> None:
    told = dict(zip(REFUSED, (by_two / "refused.txt").read_text(encoding="utf-8").splitlines(), strict=True))
    assert "the loss of the discriminator couples the examples" in told["a relativistic average"]
    assert "minibatch discrimination" in told["minibatch discrimination"]
    assert told["an odd batch"] == "expected a --batch that 2 processes share evenly, got 9: take 8, for example."


def test_an_evolution_is_not_played_by_several(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(LabError, match="torchrun started this 2 times"):
        run_evolution("gan", RUN, OPTIONS, Evolution(), rounds=1, runs_folder=tmp_path, console=QUIET)
    assert not list(tmp_path.iterdir())


def test_one_process_writes_and_checkpoints_go_from_two_to_one_and_back(by_two: Path) -> None:
    assert not (by_two / "of-a-follower").exists()
    resume_training(by_two / "by-two", rounds=2 * ROUNDS, console=QUIET)
    ours, theirs = (
        checkpoints.load(by_two / name / "checkpoints" / f"round-{2 * ROUNDS:07d}.safetensors")
        for name in ("by-one", "by-two")
    )
    assert farthest(ours["state"], theirs["state"]) < 1e-9
    for name in ("by-one", "by-two"):
        lines = [json.loads(line) for line in (by_two / name / "metrics.jsonl").read_text().splitlines()]
        assert [line["round"] for line in lines if "discriminator" in line] == list(range(1, 2 * ROUNDS + 1))
