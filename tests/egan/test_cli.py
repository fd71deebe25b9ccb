"""The command ``egan``, as a person types it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from core_gans.models import model_of_run
from core_gans.runs import checkpoints
from core_gans.runs import folder as runs
from core_gans.runs.folder import numbered
from egan.__main__ import main
from tests.killing import final_checkpoint, metrics
from tests.tiny import differences

Command = Callable[..., str]
TINY = ["--data", "ring", "--count", "300", "--batch", "16", "--width", "8", "--latent", "2", "--depth", "1"]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    def run(*words: object) -> str:
        main([str(word) for word in words])
        return capsys.readouterr().out

    return run


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command that must fail: exit code 2 and, as its answer, one line that begins with "error:"."""

    def run(*words: object) -> str:
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            main([str(word) for word in words])
        assert stopped.value.code == 2
        told = capsys.readouterr().out.splitlines()
        (line,) = [line for line in told if not line.startswith(("recipe of", "evolving", "run folder"))]
        assert line.startswith("error: ")
        return line

    return run


@pytest.fixture
def evolved(command: Command, tmp_path: Path) -> Path:
    command("evolve", *TINY, "--rounds", 5, "--parents", 2, "--runs", tmp_path / "runs", "--name", "one")
    return tmp_path / "runs" / "one"


class TestEvolve:
    def test_a_run_folder_holds_everything(self, command: Command, tmp_path: Path) -> None:
        choice = ["--mutations", "heuristic", "least_squares_logits", "--parents", 2, "--gamma", 0.5, "--log-every", 3]
        told = command("evolve", *TINY, *choice, "--rounds", 6, "--runs", tmp_path, "--name", "[a] run")
        folder = tmp_path / "[a] run"
        config = json.loads((folder / "config.json").read_text())
        assert (config["kind"], config["rounds"]) == ("evolution", 6)
        assert config["evolution"]["mutations"] == ["heuristic", "least_squares_logits"]
        assert (config["evolution"]["parents"], config["evolution"]["gamma"]) == (2, 0.5)
        assert config["fields"]["width"] == 8
        assert [line["round"] for line in metrics(folder)] == [1, 3, 6]
        assert {line["winner"] for line in metrics(folder)} <= {"heuristic", "least_squares_logits"}
        state = final_checkpoint(folder)["state"]
        assert state["round"] == 6
        assert state["born"] == 2 + 6 * 4
        assert len(state["parents"]) == 2
        with Image.open(folder / "training.gif") as film:
            assert film.n_frames > 1
        assert f"run folder {folder}" in told

    def test_the_best_parents_average_is_the_runs_model(self, evolved: Path) -> None:
        model = model_of_run(evolved)
        content = final_checkpoint(evolved)
        assert model.card["rounds"] == 5
        assert differences(dict(model.net.state_dict()), content["watchers"]["average"]) == []

    def test_like_repeats_a_run_to_the_bit(self, command: Command, evolved: Path) -> None:
        command("evolve", "--like", evolved, "--runs", evolved.parent, "--name", "two")
        again = evolved.parent / "two"
        assert differences(final_checkpoint(again), final_checkpoint(evolved)) == []
        assert json.loads((again / "config.json").read_text()) == json.loads((evolved / "config.json").read_text())

    def test_like_of_a_training_is_refused(self, refused: Command, evolved: Path) -> None:
        config = json.loads((evolved / "config.json").read_text())
        (evolved / "config.json").write_text(json.dumps({**config, "kind": "training"}))
        told = refused("evolve", "--like", evolved)
        assert f"of the kind training, not evolution: repeat it with `core-gans train --like {evolved}`" in told

    def test_help_explains_the_numbers_of_evolution(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as stopped:
            main(["evolve", "--help-all"])
        assert stopped.value.code == 0
        told = capsys.readouterr().out
        for option in ("--mutations", "--parents", "--gamma", "--evaluation-size", "--data", "--seconds", "--width"):
            assert option in told
        for option in ("--children", "--strategy", "--selection", "--crossover", "--fitness", "--inertia", "--balance"):
            assert option in told
        for option in ("--common-latents", "--recycle", "--engine", "annealed", "distillation", "kernel", "f_kl"):
            assert option in told

    @pytest.mark.parametrize("selection", ["best", "tournament", "nsga2", "nsga3", "annealed", "random", "fixed"])
    def test_every_selection_has_a_name(self, command: Command, tmp_path: Path, selection: str) -> None:
        choice = ["--selection", selection, "--strategy", "plus" if selection == "annealed" else "comma"]
        command("evolve", *TINY, *choice, "--rounds", 2, "--runs", tmp_path, "--name", "one", "--parents", 2)
        config = json.loads((tmp_path / "one" / "config.json").read_text())
        assert config["evolution"]["selection"] == selection
        if selection == "fixed":
            assert {line["winner"] for line in metrics(tmp_path / "one")} == {"minimax"}

    def test_what_is_saved_as_the_generator_is_the_best_survivor(self, command: Command, tmp_path: Path) -> None:
        command("evolve", *TINY, "--rounds", 4, "--parents", 3, "--average", 0, "--runs", tmp_path, "--name", "one")
        parents = final_checkpoint(tmp_path / "one")["state"]["parents"]
        assert [parent["fitness"] for parent in parents] == sorted((p["fitness"] for p in parents), reverse=True)
        assert differences(dict(model_of_run(tmp_path / "one").net.state_dict()), parents[0]["generator"]) == []


class TestResume:
    def test_it_continues_to_more_generations_exactly(self, command: Command, evolved: Path) -> None:
        command("resume", evolved, "--rounds", 9)
        command("evolve", "--like", evolved, "--rounds", 9, "--runs", evolved.parent, "--name", "whole")
        assert differences(final_checkpoint(evolved), final_checkpoint(evolved.parent / "whole")) == []

    def test_a_run_in_use_is_left_alone(self, refused: Command, evolved: Path) -> None:
        with runs.open_run(evolved):
            assert "is in use by another process: wait for it, or stop it first." in refused("resume", evolved)

    def test_a_training_is_not_an_evolution(self, refused: Command, evolved: Path) -> None:
        path = evolved / "config.json"
        path.write_text(path.read_text().replace('"evolution",', '"training",', 1))
        assert "continue it with `core-gans resume" in refused("resume", evolved)

    def test_a_corrupt_checkpoint_changes_nothing(self, refused: Command, evolved: Path) -> None:
        (path,) = numbered(evolved / "checkpoints", "safetensors")
        path.write_bytes(path.read_bytes()[:-1])
        before = {file: file.read_bytes() for file in evolved.rglob("*") if file.is_file()}
        assert "is corrupt" in refused("resume", evolved)
        assert {file: file.read_bytes() for file in evolved.rglob("*") if file.is_file()} == before

    def test_a_checkpoint_of_another_variant(self, refused: Command, evolved: Path) -> None:
        (path,) = numbered(evolved / "checkpoints", "safetensors")
        checkpoints.save(path, checkpoints.load(path) | {"variant": "lsgan"}, overwrite=True)
        assert "was made by evolution of lsgan" in refused("resume", evolved)


class TestMistakes:
    def test_misspelt_names_list_the_nearest(self, refused: Command, tmp_path: Path) -> None:
        place = ["--runs", tmp_path / "runs"]
        told = refused("evolve", *TINY, *place, "--mutations", "minmax")
        assert "no mutation is called 'minmax': did you mean minimax" in told
        assert "no data set is called 'rign': did you mean ring" in refused("evolve", *place, "--data", "rign")
        assert not (tmp_path / "runs").exists()

    @pytest.mark.parametrize(
        ("words", "complaint"),
        [
            (["--gamma", "nan"], "expected a finite weight of diversity gamma, got nan"),
            (["--evaluation-size", 9], "expected an evaluation size of at least 16, got 9"),
            (["--recycle"], "use common latents"),
            (["--inertia", 1], "expected an inertia in [0, 1), got 1.0"),
            (["--crossover", "distillation"], "at least two parents for a crossover, got 1"),
            (["--selection", "annealed"], "add --strategy plus"),
            (["--children", 0], "at least one child of each parent by each mutation, got 0"),
            (["--mutations", "no_such_module:loss"], "there is no module no_such_module"),
        ],
    )
    def test_a_scheme_that_could_not_be_played(
        self, words: list[object], complaint: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        with pytest.raises(SystemExit) as stopped:
            main(["evolve", *TINY, "--runs", str(tmp_path / "runs"), *map(str, words)])
        assert stopped.value.code == 2
        told = capsys.readouterr()
        assert complaint in " ".join((told.out + told.err).replace("│", "").split())
        assert not (tmp_path / "runs").exists()

    @pytest.mark.parametrize("option", ["--parents", "--evaluation-size", "--batch"])
    def test_numbers_below_one(self, option: str, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as stopped:
            main(["evolve", *TINY, option, "0", "--rounds", "1"])
        assert stopped.value.code == 2
        told = capsys.readouterr()
        assert "at least" in told.out + told.err

    def test_a_run_folder_that_exists_is_kept(self, refused: Command, evolved: Path) -> None:
        before = final_checkpoint(evolved)
        assert "is kept" in refused("evolve", *TINY, "--rounds", 1, "--runs", evolved.parent, "--name", evolved.name)
        assert differences(final_checkpoint(evolved), before) == []
