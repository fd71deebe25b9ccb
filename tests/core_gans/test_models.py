"""A player on its own: out of a run, into a file, and back."""

import dataclasses
import json
from pathlib import Path

import pytest
import torch

from core_gans.foundation.errors import LabError
from core_gans.game import NoiseGame, generate
from core_gans.models import Model, load_model, open_model, save_model
from core_gans.runs import checkpoints
from core_gans.runs import folder as runs
from core_gans.runs.averaging import Average
from core_gans.runs.checkpoints import CheckpointError
from core_gans.runs.watchers import Checkpoint, Watcher
from core_gans.training import TrainingState, train
from tests.tiny import batches, differences, pictures, small


def trained(rounds: int = 2, watchers: tuple[Watcher, ...] = ()) -> TrainingState:
    rng = torch.Generator().manual_seed(0)
    return train(small("dcgan", pictures()), batches(pictures()), rounds, rng=rng, watchers=watchers)


def game_of(state: TrainingState) -> NoiseGame:
    assert isinstance(state.game, NoiseGame)
    return state.game


def test_a_model_file_draws_what_the_player_drew(tmp_path: Path) -> None:
    state = trained()
    torch.manual_seed(5)
    before = torch.get_rng_state()
    card = {"command": "core-gans train dcgan", "seed": 0, "measured": {"frechet[pca-pixels]": 1.5}}
    path = save_model(tmp_path / "model.safetensors", Model(state.nets["generator"], game_of(state), card=card))
    model = load_model(path)
    assert torch.equal(before, torch.get_rng_state())
    assert model.card == card
    assert model.game == state.game
    assert not model.net.training
    assert not any(parameter.requires_grad for parameter in model.net.parameters())
    latents = torch.randn(5, 3)
    assert torch.equal(model.net(latents), generate(state.nets["generator"], latents))


def test_half_precision_halves_the_file_and_comes_back_in_float32(tmp_path: Path) -> None:
    state = trained()
    model = Model(state.nets["discriminator"], game_of(state), "discriminator")
    whole = save_model(tmp_path / "whole.safetensors", model)
    half = save_model(tmp_path / "half.safetensors", model, half=True)
    assert half.stat().st_size < whole.stat().st_size
    back = load_model(half)
    assert back.player == "discriminator"
    assert {p.dtype for p in back.net.parameters()} == {torch.float32}
    examples = torch.randn(4, 1, 16, 16)
    torch.testing.assert_close(back.net(examples), model.net.eval()(examples), atol=1e-3, rtol=1e-2)


@pytest.mark.parametrize("averaged", [True, False])
def test_a_run_is_opened_at_its_newest_checkpoint_with_its_average(averaged: bool, tmp_path: Path) -> None:
    average = Average(decay=0.5)
    game = small("dcgan", pictures())
    config = {"kind": "training", "variant": "dcgan", "fields": dataclasses.asdict(game), "options": {}}
    with runs.create(tmp_path, "run", config) as run:
        checkpoint = Checkpoint(run.checkpoints, {key: config[key] for key in ("kind", "variant", "fields")}, every=2)
        state = trained(5, (average, checkpoint) if averaged else (checkpoint,))
        model = open_model(tmp_path / "run")  # while the run is held
    assert model.card == {"run": "run", "rounds": 5, "images_seen": 40}
    expected = average.shadow if averaged else state.nets["generator"]
    assert expected is not None
    assert differences(dict(model.net.state_dict()), dict(expected.state_dict())) == []


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = checkpoints.save(tmp_path / "round.safetensors", {"kind": "training"})
    with pytest.raises(CheckpointError, match="holds a training, not a model: give a model file, or a run's folder"):
        load_model(path)
    with pytest.raises(LabError, match=r"there is nothing at .*: did you mean round\.safetensors"):
        open_model(tmp_path / "rounds.safetensors")
    with pytest.raises(LabError, match="give a run's folder or a model file"):
        open_model(tmp_path / "nowhere" / "x")


def test_an_existing_model_is_kept(tmp_path: Path) -> None:
    state = trained()
    path = save_model(tmp_path / "model.safetensors", Model(state.nets["generator"], game_of(state)))
    with pytest.raises(FileExistsError):
        save_model(path, Model(state.nets["generator"], game_of(state)))
    json.dumps(dict(load_model(path).card))
