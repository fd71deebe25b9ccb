"""Every variant under both commands: the help text, and one round; flags of the same name do not clash."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import pytest
from rich.console import Console

from core_gans.__main__ import main as core_gans
from core_gans.data import Examples
from core_gans.foundation.errors import LabError
from core_gans.game import Game, NoiseGame
from core_gans.session import Options
from core_gans.variants import TRANSLATIONS, VARIANTS
from core_gans.variants.gan import GAN
from core_gans.variants.hinge import Hinge
from egan.__main__ import main as egan
from egan.evolution import evolve
from egan.experiment import run_evolution, tell_what_is_left_out
from egan.experiments.contenders import evolved
from egan.fitness import LEAST_NORM
from egan.options import Evolution
from egan.population import require_evolvable
from tests.tiny import batches, clips, pictures, small

TINY = ["--data", "ring", "--count", "40", "--batch", "8", "--rounds", "1", "--explain-every", "0"]
SMALL = {"width": "4", "latent": "2", "depth": "1"}


def on_images(name: str) -> tuple[Game, Examples]:
    examples = clips(12, frames=4) if name == "videogan" else pictures(12, size=32 if name == "lapgan" else 16)
    return small(name, examples), examples


def evolvable(name: str) -> bool:
    if not issubclass(VARIANTS[name], NoiseGame):
        return False
    try:
        require_evolvable(on_images(name)[0])
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("name", [*VARIANTS, *TRANSLATIONS])
def test_training_explains_its_flags(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        core_gans(["train", name, "--help"])
    assert end.value.code == 0
    assert "--rate" in capsys.readouterr().out


@pytest.mark.parametrize("name", [name for name in VARIANTS if evolvable(name)])
def test_evolution_explains_its_flags(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        egan(["evolve", name, "--help"])
    assert end.value.code == 0
    assert "--mutations" in capsys.readouterr().out


@pytest.mark.parametrize("name", [*(name for name in VARIANTS if evolvable(name)), "videogan"])
def test_a_generation_on_images(name: str) -> None:
    game, examples = on_images(name)
    population = evolve(game, batches(examples, 4), 1, rng=0)
    (line,) = population.logbook
    assert math.isfinite(line["fitness"])
    assert math.isfinite(line["discriminator"])


@pytest.mark.parametrize(
    ("name", "weights", "told"),
    [
        ("ebgan", {}, "without pulling_away of ebgan: children learn"),
        ("ebgan", {"pulling_away": 0.0}, ""),
        ("videogan", {}, "without sparsity of videogan"),
        ("text_to_image", {}, ""),
        ("text_to_image", {"mode_seeking": 0.1}, "without mode_seeking of text_to_image"),
        ("gan", {}, ""),
    ],
)
def test_what_the_generator_learns_from_beside_its_scores_is_told_to_be_left_out(
    name: str, weights: dict[str, float], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    game, _ = on_images(name)
    assert isinstance(game, NoiseGame)
    tell_what_is_left_out(replace(game, **weights), Console(markup=False))
    said = capsys.readouterr().out
    assert said.startswith(told)
    assert bool(said) == bool(told)


@pytest.mark.parametrize("name", ["progan", "gan"])
def test_what_grows_is_refused_in_a_line(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [name, "--data", "digits", "--family", "progressive", "--width", "4", "--batch", "4", "--rounds", "1"]
    with pytest.raises(SystemExit) as end:
        egan(["evolve", *words, "--runs", str(tmp_path)])
    assert end.value.code == 2
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("error")]
    assert line.startswith(f"error: {name} is played by networks that grow")
    with pytest.raises(LabError, match="networks that grow"):
        evolved(["egan"], (1, 8, 8), name, ["family=progressive"])


@dataclass(frozen=True)
class Clashing(GAN):
    """A game of one's own whose fields are called like flags of the commands."""

    name: ClassVar[str] = "clashing"

    gamma: float = 1.0
    seed: int = 0
    batch: tuple[int, ...] = (1, 2)
    rounds: int = 5


def test_fields_that_are_called_like_flags_of_the_command_have_flags_of_their_own(tmp_path: Path) -> None:
    called = f"{__name__}:Clashing"
    words = [*TINY, "--runs", str(tmp_path), "--width", "4", "--latent", "2", "--depth", "1", "--family", "mlp"]
    words += ["--game-seed", "7", "--game-batch", "3", "4", "--game-rounds", "9"]
    egan(["evolve", called, *words, "--gamma", "0.25", "--game-gamma", "0.625", "--name", "evolved"])
    config = json.loads((tmp_path / "evolved" / "config.json").read_text())
    given = {"gamma": 0.625, "seed": 7, "batch": [3, 4], "rounds": 9}
    assert {name: config["fields"][name] for name in given} == given
    assert (config["evolution"]["gamma"], config["options"]["batch"], config["rounds"]) == (0.25, 8, 1)
    core_gans(["train", called, *words, "--gamma", "0.5", "--name", "trained"])  # no other gamma here
    config = json.loads((tmp_path / "trained" / "config.json").read_text())
    assert {name: config["fields"][name] for name in given} == given | {"gamma": 0.5}


def test_began_is_refused_in_a_line_and_not_by_a_clash_of_names(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        egan(["evolve", "began", "--data", "ring", "--count", "40"])
    assert end.value.code == 2
    (line,) = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("recipe of")]
    assert line.startswith("error: began does something after its generator's steps")


def test_a_discriminator_without_errors_kills_nobody(tmp_path: Path) -> None:
    fields = {"family": "mlp", "width": 64, "latent": 2, "rate": 1e-6, "discriminator_rate": 0.05, "depth": 2}
    fields |= {"normalisation": "none"}
    options = Options("ring", count=200, batch=32, explain_every=0, log_every=1)
    quiet = Console(quiet=True)
    result = run_evolution(Hinge.name, fields, options, Evolution(), rounds=40, runs_folder=tmp_path, console=quiet)
    population = result.state
    assert max(population.logbook.select("diversity")) == pytest.approx(-math.log(LEAST_NORM))  # it did make none
    assert not any(population.logbook.select("returned"))
