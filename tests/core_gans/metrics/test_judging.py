"""``judge``: from a file or a run to a table and a file of numbers."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import torch
from rich.console import Console

from core_gans.commands.judge import Judging
from core_gans.experiment import run_training
from core_gans.foundation.errors import LabError
from core_gans.game import NoiseGame
from core_gans.models import Model, model_of_run, save_model
from core_gans.session import Options
from tests.tiny import pictures, points, small


class Told:
    """A console whose text can be read."""

    def __init__(self) -> None:
        self._file = io.StringIO()
        self.console = Console(file=self._file, width=100)

    @property
    def text(self) -> str:
        return self._file.getvalue()


@pytest.fixture
def told() -> Told:
    return Told()


def saved(path: Path, name: str = "gan", of_points: bool = False) -> Path:
    """A model file of an untrained generator: of grey 16x16 pictures, or of points."""
    game = small(name, points() if of_points else pictures())
    assert isinstance(game, NoiseGame)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = game.players()["generator"].eval()
    return save_model(path, Model(net, game))


def test_numbers_are_told_beside_those_of_real_examples_and_written(tmp_path: Path, told: Told) -> None:
    model, out = saved(tmp_path / "model.safetensors"), tmp_path / "new" / "numbers.json"
    found = Judging(model, "digits", count=60, seed=3, batch=25, out=out).measure(told.console)
    written = json.loads(out.read_text(encoding="utf-8"))
    assert written["samples"] == found
    assert written["real"].keys() == found.keys()
    assert (written["count"], written["seed"], written["data"]) == (60, 3, "digits")
    assert {"frechet[digits-cnn]", "kernel[digits-cnn]", "recall[digits-cnn]", "classes_covered"} < set(found)
    for name in found:
        assert name in told.text  # [digits-cnn] is not taken for a style
    assert found["frechet[digits-cnn]"] > 5 * written["real"]["frechet[digits-cnn]"]
    assert written["real"]["classes_covered"] == 10


def test_a_seed_gives_the_same_numbers_and_another_gives_others(tmp_path: Path, told: Told) -> None:
    model = saved(tmp_path / "model.safetensors", of_points=True)
    first, again, other = (
        Judging(model, "ring", count=40, seed=seed, metrics=("frechet",)).measure(told.console) for seed in (1, 1, 2)
    )
    assert first == again != other
    assert list(first) == ["frechet[points]"]


def test_a_run_is_judged_on_what_it_was_trained_on(tmp_path: Path, told: Told) -> None:
    game = {"latent": 2, "width": 8, "depth": 1, "family": "mlp"}
    run = run_training(
        "gan",
        game,
        Options(data="grid", batch=16, explain_every=0),
        rounds=3,
        seconds=None,
        runs_folder=tmp_path,
        name="one",
        console=told.console,
    ).folder
    found = Judging(run, count=50).measure(told.console)
    assert {"modes_covered", "high_quality_share", "coverage[points]"} < set(found)
    assert found == Judging(run, "grid", count=50).measure(told.console)
    assert model_of_run(run).card["rounds"] == 3


def test_features_are_chosen_by_name(tmp_path: Path, told: Told) -> None:
    model = saved(tmp_path / "model.safetensors")
    found = Judging(model, "digits", count=30, metrics=("kernel",), features="pca-pixels").measure(told.console)
    assert list(found) == ["kernel[pca-pixels]"]


def test_it_says_what_is_wrong(tmp_path: Path, told: Told) -> None:
    model = saved(tmp_path / "model.safetensors")
    with pytest.raises(LabError, match=r"did you mean model\.safetensors"):
        Judging(tmp_path / "modell.safetensors", "digits").measure(told.console)
    with pytest.raises(LabError, match="does not say what it was trained on: give --data"):
        Judging(model).measure(told.console)
    with pytest.raises(ValueError, match=r"draws samples of shape \(1, 16, 16\), the examples of ring .* \(2,\)"):
        Judging(model, "ring").measure(told.console)
    with pytest.raises(ValueError, match="fid is measured on an Inception network"):
        Judging(model, "digits", metrics=("fid",)).measure(told.console)
    with pytest.raises(ValueError, match="seed of at least 0"):
        Judging(model, "digits", seed=-1).measure(told.console)
    out = tmp_path / "numbers.json"
    out.write_text("mine", encoding="utf-8")
    with pytest.raises(FileExistsError, match="is kept: choose another name"):
        Judging(model, "digits", out=out).measure(told.console)
    assert out.read_text(encoding="utf-8") == "mine"
