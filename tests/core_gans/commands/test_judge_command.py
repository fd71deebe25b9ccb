"""``core-gans judge``: the command, from a run's folder to a table and a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from core_gans.__main__ import main
from core_gans.data import Examples, load
from core_gans.experiment import run_training
from core_gans.metrics import Judge
from core_gans.session import Options


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    fields = {"family": "mlp", "width": 4, "depth": 1, "latent": 2}
    options = Options(data="ring", count=300, batch=8, checkpoint_every=2)
    return run_training("lsgan", fields, options, rounds=2, runs_folder=tmp_path_factory.mktemp("runs")).folder


def test_a_run_is_judged_beside_real_examples(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "judged.json"
    main(["judge", str(run), "--count", "300", "--out", str(out)])
    told = capsys.readouterr().out
    assert "modes_covered" in told
    found = json.loads(out.read_text())
    text = json.dumps(found)
    assert '"modes_covered": 8' in text, "what real points score"
    assert '"modes_covered": 0' in text, "what two rounds have taught"


@pytest.mark.parametrize(("words", "count", "seed"), [((), 300, 5), (("--data", "ring"), 100_000, 0)])
def test_the_own_data_of_a_run_are_drawn_as_it_drew_them(
    words: tuple[str, ...], count: int, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = {"family": "mlp", "width": 4, "depth": 1, "latent": 2}
    options = Options(data="ring", count=300, seed=5, batch=8)
    folder = run_training("gan", fields, options, rounds=1, runs_folder=tmp_path).folder
    seen: list[Tensor] = []

    class Seeing(Judge):
        def __init__(self, real: Examples, *given: Any) -> None:
            seen.append(real.images)
            super().__init__(real, *given)

    monkeypatch.setattr("core_gans.commands.judge.Judge", Seeing)
    main(["judge", str(folder), "--count", "100", "--metrics", "frechet", *words])
    assert torch.equal(seen[0], load("ring", count=count, seed=seed).images)


def test_an_existing_file_and_an_unknown_data_set_are_one_line(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept.json"
    kept.write_text("mine")
    for words in (["--out", str(kept)], ["--data", "rnig"]):
        with pytest.raises(SystemExit) as stopped:
            main(["judge", str(run), "--count", "300", *words])
        assert stopped.value.code == 2
        assert "error:" in capsys.readouterr().out
    assert kept.read_text() == "mine"
