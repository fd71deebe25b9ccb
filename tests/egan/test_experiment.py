"""What an evolution refuses before it makes a folder, and what its folder holds."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from core_gans.foundation.errors import LabError
from core_gans.foundation.films import write_film
from core_gans.runs.watchers import Watcher
from core_gans.session import Options
from egan.experiment import resume_evolution, run_evolution
from egan.islands.run import resume_islands, run_islands
from egan.islands.settings import Islands
from egan.options import Evolution, evolution_from
from egan.watching import CHART, NUMBERS, TREE

OPTIONS = Options(data="ring", count=300, batch=16)
FIELDS = {"width": 8, "latent": 2, "depth": 1}


class Watched(Watcher):
    """Remembers the rounds after which it looked."""

    def __init__(self) -> None:
        self.rounds: list[int] = []

    def after_round(self, state: Any) -> None:
        self.rounds.append(state.round)


def run(folder: Path, evolution: Evolution | None = None, **bounds: Any) -> None:
    console = Console(file=(folder / "told.txt").open("w"), markup=False)
    with console.file:
        run_evolution(
            "dcgan",
            FIELDS,
            OPTIONS,
            evolution or Evolution(),
            runs_folder=folder / "runs",
            name="one",
            console=console,
            **bounds,
        )


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"parents": 0}, "at least one parent, got --parents 0"),
        ({"evaluation_size": 0}, "--evaluation-size of at least 1, got 0"),
        ({"mutations": ()}, "at least one of --mutations minimax heuristic least_squares .*, got none"),
        ({"mutations": ("minimax", "minimax")}, "each mutation once, got --mutations minimax minimax"),
    ],
)
def test_an_impossible_evolution_is_refused(given: dict[str, Any], complaint: str) -> None:
    with pytest.raises(LabError, match=complaint):
        Evolution(**given)


@pytest.mark.parametrize(
    ("bounds", "complaint"),
    [
        ({"rounds": 0}, "--rounds of at least 1, got 0"),
        ({"rounds": -3}, "--rounds of at least 1, got -3"),
        ({"seconds": 0}, "--seconds above 0, got 0"),
        ({"seconds": float("nan")}, "--seconds above 0, got nan"),
    ],
)
def test_a_bound_under_which_nothing_is_played_is_refused(
    tmp_path: Path, bounds: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(LabError, match=complaint):
        run(tmp_path, **bounds)
    assert not (tmp_path / "runs").exists()
    with pytest.raises(LabError, match=complaint):
        resume_evolution(tmp_path, **bounds)


def test_a_misspelt_mutation_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no mutation is called 'heuristc': did you mean heuristic"):
        run(tmp_path, Evolution(mutations=("minimax", "heuristc")), rounds=1)
    assert not (tmp_path / "runs").exists()


def test_the_numbers_come_back_from_the_configuration() -> None:
    evolution = Evolution(mutations=("minimax", "heuristic"), parents=3, gamma=0.5, convention="logit")
    config = {"kind": "evolution", "variant": "dcgan", "evolution": dataclasses.asdict(evolution)}
    assert evolution_from(json.loads(json.dumps(config))) == evolution
    with pytest.raises(LabError, match=r"the run's evolution cannot be read by this version: .* 'sexes'"):
        evolution_from({**config, "evolution": {"sexes": 2}})
    with pytest.raises(LabError, match="the run of an evolution, got a training of gan"):
        evolution_from({"kind": "training", "variant": "gan"})


def test_a_run_leaves_its_pictures_can_be_watched_again_and_says_when_nothing_is_left(tmp_path: Path) -> None:
    run(tmp_path, rounds=3)
    folder = tmp_path / "runs" / "one"
    assert all((folder / name).is_file() for name in (CHART, NUMBERS, TREE))
    seen = Watched()
    resume_evolution(folder, rounds=5, console=Console(quiet=True), watchers=[seen])
    assert seen.rounds == [4, 5]
    with (tmp_path / "again.txt").open("w+") as file:
        resume_evolution(folder, rounds=5, console=Console(file=file, markup=False, width=500))
        file.seek(0)
        assert f"{folder} has its 5 generations already: ask for more with --rounds." in file.read()


@pytest.mark.parametrize("islands", [1, 2])
def test_an_evolution_on_clips_of_ones_own_goes_on(tmp_path: Path, islands: int) -> None:
    (folder := tmp_path / "clips").mkdir()
    chance = np.random.default_rng(0)
    for number in range(24):
        write_film(folder / f"{number}.gif", chance.integers(0, 256, (4, 16, 16, 3), dtype=np.uint8))
    fields, options = {"width": 4, "latent": 4}, Options(str(folder), size=16, frames=4, batch=2, explain_every=0)
    place: Any = {"runs_folder": tmp_path, "name": "one", "console": Console(quiet=True), "rounds": 1}
    if islands == 1:
        run_evolution("videogan", fields, options, Evolution(), **place)
        resumed: Any = resume_evolution(tmp_path / "one", rounds=2, console=Console(quiet=True))
    else:
        run_islands("videogan", fields, options, Evolution(), Islands(islands), **place)
        resumed = resume_islands(tmp_path / "one", rounds=2, console=Console(quiet=True))
    assert resumed.state.round == 2
    assert resumed.state.game.shape == (3, 4, 16, 16)
