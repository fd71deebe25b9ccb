"""Paths of data are kept so that they hold from any folder; names of data sets stay names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console

from core_gans.data.places import from_anywhere
from core_gans.experiment import resume_training, run_training
from core_gans.foundation.pixels import write_png
from core_gans.session import Options
from tests.tiny import pictures


def test_paths_become_absolute_and_names_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    here = str(tmp_path / "mine")
    assert from_anywhere("mine") == here
    assert from_anywhere("digits") == "digits"
    assert from_anywhere("nowhere") == "nowhere"
    assert from_anywhere("mine,digits") == f"{here},digits"
    assert from_anywhere("colourisation:mine") == f"colourisation:{here}"
    assert from_anywhere("inpainting:scenes") == "inpainting:scenes"
    (tmp_path / "two.npz").touch()
    file = str(tmp_path / "two.npz")
    assert from_anywhere("two.npz:first") == f"{file}:first"
    assert from_anywhere("two.npz:first,two.npz:second,mine") == f"{file}:first,{file}:second,{here}"
    assert from_anywhere("labels-to-photo:two.npz:masks") == f"labels-to-photo:{file}:masks"
    assert from_anywhere("none.npz:first") == "none.npz:first"
    (tmp_path / "x.npz:y").mkdir()
    assert from_anywhere("x.npz:y") == str(tmp_path / "x.npz:y")


def test_a_run_on_a_relative_path_goes_on_from_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "one")
    for number, image in enumerate(pictures(8).images):
        write_png(Path("mine") / f"{number}.png", image[0].numpy())
    fields = {"family": "mlp", "width": 4, "latent": 2, "normalisation": "none"}
    options = Options(data="mine", size=8, batch=4)
    run_training("gan", fields, options, rounds=1, name="run", console=Console(quiet=True))
    saved = json.loads(Path("runs/run/config.json").read_text())["options"]["data"]
    assert saved == str(tmp_path / "one" / "mine")
    monkeypatch.chdir(tmp_path / "other")
    resumed = resume_training(tmp_path / "one" / "runs" / "run", rounds=2, console=Console(quiet=True))
    assert resumed.state.round == 2
