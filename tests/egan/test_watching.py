"""The watcher draws when it should, and changes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from core_gans.runs.watchers import Watcher
from egan.evolution import evolve
from egan.population import Population
from egan.watching import CHART, NUMBERS, TREE, EvolutionPictures
from tests.tiny import batches, differences, points, small


class Counting(EvolutionPictures):
    """Notes the rounds in which it draws."""

    def draw(self, state: Any) -> None:
        super().draw(state)
        self.rounds = [*getattr(self, "rounds", []), state.round]


def evolved(generations: int, *watchers: Watcher, state: Population | None = None) -> Population:
    examples = points()
    rng = torch.Generator().manual_seed(0)
    return evolve(small("dcgan", examples), batches(examples), generations, rng=rng, watchers=watchers, state=state)


def test_three_files_tell_of_the_evolution(tmp_path: Path) -> None:
    population = evolved(6, EvolutionPictures(tmp_path, "dcgan on ring"))
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([CHART, NUMBERS, TREE])
    for name in (CHART, TREE):
        with Image.open(tmp_path / name) as picture:
            assert picture.width == 1320
    told = json.loads((tmp_path / NUMBERS).read_text())
    assert told["generations"] == 6
    assert sum(told["wins"].values()) == 6
    assert told["quality"]["raw"] == pytest.approx(population.logbook.select("quality"), rel=1e-5)


def test_a_watched_evolution_equals_an_unwatched_one(tmp_path: Path) -> None:
    watched = evolved(4, EvolutionPictures(tmp_path, every=1, rest=0))
    assert differences(watched.state_dict(), evolved(4).state_dict()) == []


def test_it_draws_every_few_generations_and_at_the_end_once(tmp_path: Path) -> None:
    watcher = Counting(tmp_path, every=2, rest=0)
    population = evolved(5, watcher)
    assert watcher.rounds == [2, 4, 5]
    evolved(6, watcher, state=population)
    assert watcher.rounds == [2, 4, 5, 6]


def test_it_rests_between_two_drawings(tmp_path: Path) -> None:
    watcher = Counting(tmp_path, every=1, rest=3600)
    evolved(3, watcher)
    assert watcher.rounds == [3]


def test_one_generation_has_a_tree_but_no_course(tmp_path: Path) -> None:
    evolved(1, EvolutionPictures(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == [TREE]


def test_an_evolution_that_was_stopped_at_once_leaves_nothing(tmp_path: Path) -> None:
    watcher = EvolutionPictures(tmp_path)
    population = evolved(1)
    population.logbook.clear()
    watcher.begin(population, 1, None)
    watcher.end(population)
    assert list(tmp_path.iterdir()) == []


def test_its_rhythm_must_be_possible(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one generation between drawings, got 0"):
        EvolutionPictures(tmp_path, every=0)
