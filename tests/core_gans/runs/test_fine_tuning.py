"""Fine-tuning: a run that begins with the networks of another, and checkpoints chosen by name."""

from __future__ import annotations

import io
import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rich.console import Console

from core_gans import begin_from, shipped, start, train
from core_gans.commands.sample import Sample
from core_gans.commands.train import train as train_command
from core_gans.experiment import resume_training, run_training
from core_gans.foundation.errors import LabError
from core_gans.models import Model, open_model, save_model
from core_gans.runs import checkpoints
from core_gans.runs.fine_tuning import TrainedPlayers
from core_gans.runs.folder import Run
from core_gans.session import Options
from core_gans.variants import make
from dissect.commands.opening import Source
from egan.experiment import run_evolution
from egan.options import Evolution
from tests.tiny import all_equal, batches, chance, differences, pictures, weights

FIELDS = {"width": 4, "latent": 3}
QUIET: dict[str, Any] = {"batch": 4, "explain_every": 0, "log_every": 1, "samples_every": 100, "checkpoint_every": 1}


def noise(path: Path, size: int, colours: int = 1, seed: int = 0) -> str:
    shape = (12, size, size) if colours == 1 else (12, size, size, colours)
    np.savez(path, images=np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8))
    return str(path)


def console() -> Console:
    return Console(file=io.StringIO(), width=1_000)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two rounds on pictures of 16 pixels, judged after each."""
    folder = tmp_path_factory.mktemp("first")
    options = Options(noise(folder / "old.npz", 16), size=16, judge_every=1, **QUIET)
    return run_training("dcgan", FIELDS, options, rounds=2, runs_folder=folder, name="run", console=console()).folder


COUNTING: dict[str, Any] = {
    **FIELDS,
    **{"normalisation": "none", "r1": 0.1, "discriminator_steps": 1, "penalty_every": 2},
    **{"augment": ("mirror",), "augment_target": 0.5},
}


@pytest.fixture(scope="module")
def second(first: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two rounds that begins with the networks of the first, on other pictures, and counts its steps."""
    folder = tmp_path_factory.mktemp("second")
    options = Options(noise(folder / "new.npz", 16, seed=1), size=16, **QUIET)
    return run_training(
        "hinge", COUNTING, options, rounds=2, runs_folder=folder, name="run", console=console(),
        start_from=TrainedPlayers.of(first),
    ).folder  # fmt: skip


class TestLayers:
    def test_all_that_fit_are_taken_with_their_statistics_and_the_average_draws(self, first: Path) -> None:
        game = make("dcgan", shape=(1, 16, 16), **FIELDS)
        state = start(game, batches(pictures()), chance(5))
        given = begin_from(state, first)
        assert given.new == ()
        assert given.round == 2
        assert "all that there are" in str(given)
        saved = Run.reading(first).load_checkpoint()
        assert all_equal(weights(state.nets["discriminator"]), [
            saved["state"]["nets"]["discriminator"][name] for name, _ in state.nets["discriminator"].named_parameters()
        ])  # fmt: skip
        ours = {k: v for k, v in state.nets["generator"].state_dict().items() if "num_batches" not in k}
        theirs = {name: saved["watchers"]["average"][name] for name in ours}
        assert differences(ours, theirs) == []
        assert any(name.endswith("running_mean") for name in ours)

    def test_a_layer_of_another_shape_is_new_whole_and_named(self, first: Path) -> None:
        game = make("dcgan", shape=(1, 16, 16), **FIELDS | {"latent": 5})
        state, same = (start(game, batches(pictures()), chance(5)) for _ in range(2))
        given = begin_from(state, first)
        assert given.new == ("generator.block4.1",)
        assert "new are generator.block4.1" in str(given)
        fresh = same.nets["generator"].get_submodule("block4.1")
        assert all_equal(weights(state.nets["generator"].get_submodule("block4.1")), weights(fresh))

    def test_growing_keeps_the_blocks_below(self, first: Path) -> None:
        """16 pixels of width 4 have 8 channels at 8 pixels; so have 32 pixels of width 2 at half of that."""
        state = start(make("dcgan", shape=(1, 32, 32), width=2, latent=3), batches(pictures(size=32)), chance(5))
        given = begin_from(state, first)
        assert {"generator.block4.1", "generator.block8.0", "discriminator.block4.0"} <= set(given.taken)
        assert {"generator.block16.0", "generator.image", "discriminator.block16.0"} <= set(given.new)

    def test_counts_and_chance_begin_anew(self, second: Path) -> None:
        state = start(make("hinge", shape=(1, 16, 16), **COUNTING), batches(pictures()), chance(5))
        before = {k: v.clone() for k, v in state.nets["discriminator"].state_dict().items() if "augment" in k}
        begin_from(state, second)
        after = state.nets["discriminator"].state_dict()
        assert differences({name: after[name] for name in before}, before) == []
        assert int(after["steps"]) == 0

    def test_saved_players_do_as_well_and_are_recorded_for_a_repetition(self, first: Path, tmp_path: Path) -> None:
        saved, game = Run.reading(first).load_checkpoint(), make("dcgan", shape=(1, 16, 16), **FIELDS)
        weights_of = saved["state"]["nets"] | {"generator": saved["watchers"]["average"]}
        for player, net in game.players().items():
            net.load_state_dict(weights_of[player])
            save_model(tmp_path / f"my-{player}.safetensors", Model(net, game, player, {"rounds": 2}))
        trained = TrainedPlayers.of(tmp_path / "my-generator.safetensors")
        assert (trained.round, set(trained.players)) == (2, {"generator", "discriminator"})
        nets, same = (start(game, batches(pictures()), chance(5)).nets for _ in range(2))
        assert trained.copy_into(game, nets).new == ()
        TrainedPlayers.of(first).copy_into(game, same)
        for player, net in nets.items():
            assert differences(net.state_dict(), same[player].state_dict()) == []
        with pytest.raises(LabError, match="is one model, so there is no checkpoint best: give a run's folder"):
            TrainedPlayers.of(tmp_path / "my-generator.safetensors", "best")
        with pytest.raises(LabError, match="holds a discriminator: give a generator, or a run's folder"):
            TrainedPlayers.of(tmp_path / "my-discriminator.safetensors")
        assert TrainedPlayers.of(tmp_path / "my-generator.safetensors", 2).round == 2  # as a repeated run asks for it
        (tmp_path / "my-discriminator.safetensors").unlink()
        assert set(TrainedPlayers.of(tmp_path / "my-generator.safetensors").players) == {"generator"}

    def test_a_file_that_is_no_model_is_told(self, first: Path) -> None:
        with pytest.raises(LabError, match="give a run's folder, or a model file"):
            TrainedPlayers.of(Run.reading(first).checkpoint_of("newest"))

    def test_an_evolution_hands_its_best_parent_on(self, tmp_path: Path) -> None:
        options = Options(noise(tmp_path / "old.npz", 16), size=16, average=0.0, **QUIET)
        run = run_evolution(
            "dcgan", FIELDS, options, Evolution(), rounds=1, runs_folder=tmp_path, name="evolved", console=console()
        ).folder
        state = start(make("dcgan", shape=(1, 16, 16), **FIELDS), batches(pictures()), chance(5))
        assert begin_from(state, run).new == ()
        assert all_equal(weights(state.nets["generator"]), weights(open_model(run).net))


class TestRuns:
    def test_it_is_recorded(self, first: Path, second: Path) -> None:
        config = json.loads((second / "config.json").read_text())
        assert config["begun_from"] == {"run": str(first.resolve()), "round": 2}

    def test_it_resumes_to_the_bit_without_a_look_at_the_run_that_it_began_with(
        self, second: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        place = tmp_path / "copy"
        shutil.copytree(second, place)
        monkeypatch.setattr(TrainedPlayers, "of", None)
        longer = resume_training(place, rounds=4, console=console())
        state = start(longer.state.game, longer.state.batches, chance(9))
        state.load_state_dict(checkpoints.load(Run.reading(second).checkpoint_of(2))["state"])
        again = train(longer.state.game, state.batches, 4, rng=0, state=state)
        assert differences(again.state_dict(), longer.state.state_dict()) == []

    def test_a_repeated_run_begins_alike(self, second: Path, tmp_path: Path) -> None:
        train_command("core-gans train", ["--like", str(second), "--runs", str(tmp_path), "--name", "two"]).run(
            console()
        )
        one, two = (Run.reading(each).load_checkpoint()["state"] for each in (second, tmp_path / "two"))
        assert differences(two["nets"], one["nets"]) == []

    def test_a_shipped_model_is_grown_by_name(self) -> None:
        fields = {"latent": 128, "channels": (320, 256, 128, 48, 24, 4), "upsampling": "resize"}
        game = make("dcgan", shape=(3, 128, 128), discriminator_channels=(4, 4, 80, 160, 320), **fields)
        given = TrainedPlayers.of(shipped.placed("scenes-generator")).copy_into(game, game.players())
        assert given.new == (
            *(f"generator.{name}" for name in ("block128.0", "block128.1", "image")),
            *(f"discriminator.{name}" for name in ("block64.0", "block32.0", "block32.1", "block16.0")),
        )
        assert shipped.placed("runs/mine") == Path("runs/mine")
        with pytest.raises(LabError, match="nothing at scenes-genrator: did you mean scenes-generator"):
            shipped.placed("scenes-genrator")

    def test_the_command_takes_a_run_and_a_checkpoint(self, first: Path, tmp_path: Path) -> None:
        data = noise(tmp_path / "new.npz", 16, seed=1)
        words = f"dcgan --width 4 --latent 3 --data {data} --size 16 --rounds 1 --batch 4 --runs {tmp_path} --name cli"
        said = console()
        train_command("core-gans train", [*words.split(), "--from", str(first), "--checkpoint", "1"]).run(said)
        assert json.loads((tmp_path / "cli" / "config.json").read_text())["begun_from"]["round"] == 1
        assert "layers begin as in" in said.file.getvalue()  # type: ignore[attr-defined]


class TestRefusals:
    def test_another_family_other_channels_and_points(self, first: Path) -> None:
        trained = TrainedPlayers.of(first)
        with pytest.raises(LabError, match="has networks of the family dcgan, and this game those of mlp: choose"):
            trained.require_fit(make("dcgan", shape=(1, 16, 16), family="mlp"))
        with pytest.raises(LabError, match=r"shape \(1, 16, 16\), and these have the shape \(3, 16, 16\)"):
            trained.require_fit(make("dcgan", shape=(3, 16, 16)))
        with pytest.raises(LabError, match=r"these have the shape \(2,\)"):
            replace(trained, fields={**trained.fields, "family": "mlp"}).require_fit(
                make("gan", shape=(2,), family="mlp")
            )
        with pytest.raises(LabError, match="historical averaging remembers"):
            trained.require_fit(make("dcgan", shape=(1, 16, 16), historical_averaging=0.1))

    def test_nothing_that_fits(self, first: Path) -> None:
        trained, game = TrainedPlayers.of(first), make("dcgan", shape=(1, 16, 16), width=7, latent=9)
        with pytest.raises(LabError, match="choose --width 4, --latent 3, as there"):
            trained.copy_into(game, {"generator": torch.nn.Sequential(torch.nn.Linear(2, 2))})

    def test_weights_that_are_nan(self, first: Path) -> None:
        trained, game = TrainedPlayers.of(first), make("dcgan", shape=(1, 16, 16), **FIELDS)
        broken = {name: torch.full_like(t, torch.nan) for name, t in trained.players["generator"].items() if t.dim()}
        nets = start(game, batches(pictures()), chance()).nets
        with pytest.raises(ValueError, match=r"generator in .*run"):
            replace(trained, players={"generator": broken}).copy_into(game, nets)

    def test_no_code_that_the_run_names_is_imported(self, first: Path, tmp_path: Path) -> None:
        place = tmp_path / "hostile"
        shutil.copytree(first, place)
        (place / "evil.py").write_text("raise SystemExit('executed')")
        for path in place.glob("checkpoints/*.safetensors"):
            content = checkpoints.load(path)
            checkpoints.save(path, {**content, "variant": "evil:Game"}, overwrite=True)
        config = json.loads((place / "config.json").read_text())
        (place / "config.json").write_text(json.dumps({**config, "variant": "evil:Game"}))
        assert TrainedPlayers.of(place).round == 2


class TestCheckpointsByName:
    def test_best_newest_and_a_round(self, first: Path) -> None:
        run = Run.reading(first)
        best = run.checkpoint_of("best")
        assert best.name.startswith("best-")
        assert run.checkpoint_of("newest") == run.checkpoint_of(None) == run.checkpoint_of(2) == run.checkpoint_of("2")
        assert open_model(first, "best").card["rounds"] == int(best.stem.rpartition("-")[2])
        assert open_model(first, "1").card["rounds"] == 1

    def test_sample_and_dissect_take_it(self, first: Path, tmp_path: Path) -> None:
        Sample(first, count=1, checkpoint="best", out=tmp_path / "a.npz").run(console())
        assert (tmp_path / "a.npz").exists()
        opened = Source(first, checkpoint="best").open()
        assert all_equal(weights(opened.net), weights(open_model(first, "best").net))

    def test_what_is_not_there_says_so(self, second: Path) -> None:
        with pytest.raises(LabError, match=r"has no best checkpoint.*--judge-every"):
            open_model(second, "best")
        with pytest.raises(LabError, match="expected newest, best or a round"):
            open_model(second, "bset")
        with pytest.raises(LabError, match="has no checkpoint of round 77"):
            open_model(second, 77)
        with pytest.raises(ValueError, match="--checkpoint chooses among those of a run"):
            Source(checkpoint="best").lab_model()
        assert asdict(Source())["checkpoint"] == "newest"
