"""A game or an objective of one's own, ``module:name``: played, resumed, opened again, or refused in one line."""

import dataclasses
import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from rich.console import Console

from core_gans import models
from core_gans.__main__ import main
from core_gans.experiment import resume_training, run_training
from core_gans.foundation.errors import LabError
from core_gans.game import NoiseGame
from core_gans.games.adversarial import AdversarialGame
from core_gans.run_kind import Result
from core_gans.runs import checkpoints
from core_gans.session import Options
from core_gans.training import TrainingState, start, train
from core_gans.trusted_code import is_own
from core_gans.user_code import load_object, own_objective, own_variant
from core_gans.variants import make, variant
from tests.killing import final_checkpoint
from tests.tiny import batches, chance, differences, pictures, points

Write = Callable[[str], str]
Refused = Callable[..., str]
NUMBERS = itertools.count()
OBJECTIVE = """
from core_gans.losses.objectives import Objective, heuristic

damped = Objective(
    "damped",
    lambda real, fake: (fake - real).mean() + 0.5 * (real.square() + fake.square()).mean(),
    lambda fake: -fake.mean(),
)
same = Objective("same", heuristic.discriminator, heuristic.generator)
three = 3
_hidden = damped
"""
GAME = """
from dataclasses import dataclass
from typing import ClassVar

from core_gans.games.adversarial import AdversarialGame
from core_gans.losses.objectives import Objective, least_squares


@dataclass(frozen=True)
class Between(AdversarialGame):
    \"\"\"Least squares whose generator aims between the two targets.\"\"\"

    name: ClassVar[str] = "between"
    paper: ClassVar[str] = "one's own"

    aim: float = 0.75
    \"\"\"Where between 0 and 1 the generator aims.\"\"\"

    @property
    def objective(self) -> Objective:
        return least_squares(0, 1, self.aim)
"""
FIELDS = {"width": 8, "latent": 2, "depth": 1}
OPTIONS = Options("ring", count=60, batch=8, log_every=5, checkpoint_every=4, explain_every=0)
TINY = ["--data", "ring", "--count", "60", "--batch", "8", "--width", "8", "--latent", "2", "--depth", "1"]
TINY += ["--fall-rounds", "0"]  # runs of other lengths are compared


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Write a module where the command is run, under a name that no other test has, and say which."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry != str(tmp_path)])
    written: list[str] = []

    def a_module(source: str) -> str:
        name = f"module_of_ones_own_{next(NUMBERS)}"
        (tmp_path / f"{name}.py").write_text(source)
        written.append(name)
        return name

    yield a_module
    for name in written:
        sys.modules.pop(name, None)


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Refused:
    """Run a command that must fail with exit code 2 and one line that begins with "error:"."""

    def run(*words: object) -> str:
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            main([str(word) for word in words])
        assert stopped.value.code == 2
        (line,) = capsys.readouterr().out.splitlines()
        assert line.startswith("error: ")
        return line

    return run


def test_a_colon_makes_it_one_s_own() -> None:
    assert is_own("my_losses:mine")
    assert not is_own("wgan_gp")


@pytest.mark.parametrize(("source", "name"), [(OBJECTIVE, "damped"), (GAME, "Between")], ids=["objective", "game"])
class TestPlayed:
    def test_a_run_of_it_resumes_to_the_bit(self, source: str, name: str, write: Write, tmp_path: Path) -> None:
        called = f"{write(source)}:{name}"
        quiet = Console(quiet=True)

        def run(folder: str, rounds: int) -> Result[TrainingState]:
            runs = tmp_path / "runs"
            return run_training(called, FIELDS, OPTIONS, rounds=rounds, runs_folder=runs, name=folder, console=quiet)

        whole = run("whole", 9).state
        run("part", 4)
        resumed = resume_training(tmp_path / "runs" / "part", rounds=9, console=quiet).state
        assert resumed.round == 9
        assert differences(resumed.state_dict(), whole.state_dict()) == []

    def test_the_command_trains_resumes_and_samples_it(
        self, source: str, name: str, write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        called = f"{write(source)}:{name}"
        for folder, rounds in (("part", "3"), ("whole", "6")):
            main(["train", called, *TINY, "--rounds", rounds, "--runs", str(tmp_path), "--name", folder])
        main(["resume", str(tmp_path / "part"), "--rounds", "6"])
        main(["sample", str(tmp_path / "part"), "--out", str(tmp_path / "samples.png")])
        assert "frechet[points]" in capsys.readouterr().out
        assert differences(final_checkpoint(tmp_path / "part"), final_checkpoint(tmp_path / "whole")) == []
        assert (tmp_path / "samples.png").stat().st_size > 0

    def test_its_fields_are_explained_by_help(
        self, source: str, name: str, write: Write, capsys: pytest.CaptureFixture[str]
    ) -> None:
        called = f"{write(source)}:{name}"
        with pytest.raises(SystemExit) as stopped:
            main(["train", called, "--help-all"])
        assert stopped.value.code == 0
        told = capsys.readouterr().out
        assert all(f"--{field.name.replace('_', '-')}" in told for field in dataclasses.fields(variant(called)))


def test_an_objective_of_one_s_own_is_what_the_game_plays(write: Write, rng: torch.Generator) -> None:
    game = make(f"{write(OBJECTIVE)}:damped", shape=(2,), family="mlp", r1=2.0)
    assert isinstance(game, AdversarialGame)
    plane = torch.nn.Sequential(torch.nn.Linear(2, 1, bias=False), torch.nn.Flatten(0))
    with torch.no_grad():
        plane[0].weight.copy_(torch.tensor([[3.0, 4.0]]))
    terms = game.score_loss(plane, torch.ones(6, 2), torch.zeros(6, 2), rng)
    assert {name: term.item() for name, term in terms.items()} == {"discriminator": -7 + 0.5 * 49, "r1": 25}


def test_the_heuristic_as_one_s_own_plays_dcgan_to_the_bit(write: Write) -> None:
    data, fields = pictures(), {"shape": (1, 16, 16), "width": 4, "latent": 3}

    def played(name: str) -> TrainingState:
        return train(make(name, **fields), batches(data), 3, rng=chance())

    assert differences(played(f"{write(OBJECTIVE)}:same").state_dict(), played("dcgan").state_dict()) == []


def test_a_game_of_one_s_own_has_its_fields(write: Write) -> None:
    called = f"{write(GAME)}:Between"
    game = make(called, aim=0.25, shape=(2,))
    assert isinstance(game, NoiseGame)
    assert game.objective.generator(torch.tensor([1.25])).item() == 0.5
    with pytest.raises(ValueError, match=f"no field of {called} is called 'iam': did you mean aim"):
        make(called, iam=1)


@pytest.mark.parametrize(("source", "name"), [(OBJECTIVE, "damped"), (GAME, "Between")])
def test_a_model_file_of_one_s_own_opens_again(
    source: str, name: str, write: Write, tmp_path: Path, rng: torch.Generator
) -> None:
    game = make(f"{write(source)}:{name}", shape=(2,), family="mlp", width=4, latent=2)
    assert isinstance(game, NoiseGame)
    state = start(game, batches(points()), rng)
    path = models.save_model(tmp_path / "mine.safetensors", models.Model(state.nets["generator"], game))
    again = models.load_model(path)
    assert again.game == game
    latents = game.latents(5, chance(1))
    torch.testing.assert_close(again.net(latents), state.nets["generator"](latents).detach())


def test_the_checkpoint_names_the_module(write: Write, tmp_path: Path) -> None:
    called = f"{write(OBJECTIVE)}:damped"
    main(["train", called, *TINY, "--rounds", "1", "--runs", str(tmp_path), "--name", "one"])
    (path,) = (tmp_path / "one" / "checkpoints").glob("*1.safetensors")
    assert checkpoints.load(path)["variant"] == called


class TestRefused:
    """Every mistake is one line, from Python and from the command."""

    def test_a_misspelt_name_lists_its_neighbours_and_nothing_hidden(self, write: Write, refused: Refused) -> None:
        module = write(OBJECTIVE)
        told = refused("train", f"{module}:dampd")
        assert told == f"error: no name in {module} is called 'dampd': did you mean damped?"
        with pytest.raises(ValueError, match="choose one of") as caught:
            load_object(f"{module}:zzzzzzzz")
        assert "_hidden" not in str(caught.value)

    def test_a_module_that_is_not_there(self, write: Write, refused: Refused, tmp_path: Path) -> None:
        write("")
        told = refused("train", "no_such_module_anywhere:mine")
        assert told == f"error: there is no module no_such_module_anywhere in {tmp_path} or among the installed ones."
        with pytest.raises(LabError, match=r"there is no module no_such\.inner in"):
            load_object("no_such.inner:mine")

    def test_a_module_that_imports_what_is_not_there(self, write: Write, refused: Refused) -> None:
        module = write("import no_such_module_anywhere")
        told = refused("train", f"{module}:mine")
        assert told == f"error: {module} imports no_such_module_anywhere, which is not installed."

    def test_a_module_that_imports_a_wrong_name(self, write: Write, refused: Refused) -> None:
        module = write("from core_gans.losses.objectives import no_such_objective")
        told = refused("train", f"{module}:mine")
        assert told.startswith(f"error: {module} cannot be imported: cannot import name 'no_such_objective'")

    def test_a_module_that_is_no_python(self, write: Write, refused: Refused) -> None:
        module = write("def (:\n")
        told = refused("train", f"{module}:mine")
        assert told.startswith(f"error: {module} is no valid Python: ")
        assert "line 1" in told

    @pytest.mark.parametrize("name", [":mine", "module:", ":", "a b:mine", "module:mine:yours", "../losses:mine"])
    def test_what_is_not_module_name(self, name: str, refused: Refused) -> None:
        assert refused("train", name) == f"error: expected module:name, as in my_losses:my_objective, got {name!r}."

    def test_what_is_neither_a_game_nor_an_objective(self, write: Write, refused: Refused) -> None:
        module = write(OBJECTIVE)
        told = refused("train", f"{module}:three")
        assert told.startswith(f"error: {module}:three is a int: expected a subclass of core_gans.game.Game, or a")
        with pytest.raises(LabError, match="is a type: expected a subclass of"):
            own_variant(f"{module}:Objective")
        with pytest.raises(LabError, match=r"three is a int: expected a core_gans\.losses\.objectives\.Objective"):
            own_objective(f"{module}:three")
        assert own_objective(f"{module}:damped").name == "damped"
