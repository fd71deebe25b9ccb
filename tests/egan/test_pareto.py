"""The front of quality and diversity: who dominates whom, what is kept, and selection by it."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from core_gans.runs import checkpoints
from egan.evolution import evolve
from egan.individual import Individual, Record
from egan.pareto import Placed, pareto_front
from egan.pictures.front import front_picture
from egan.selection import nsga2, nsga3
from tests.egan.growing import evolved, population
from tests.tiny import differences

PLANTED = [(0.9, 0.0), (0.5, 0.5), (0.0, 0.9), (0.4, 0.4), (0.5, 0.1), (0.1, 0.1)]  # three dominate the others


def records() -> list[Record]:
    return [Record(number, -1, "minimax", 1, quality=q, diversity=d) for number, (q, d) in enumerate(PLANTED)]


def individuals() -> list[Individual]:
    (parent,) = population().parents
    return [Individual(parent.generator, parent.optimizer, record) for record in records()]


def test_nobody_on_the_front_is_dominated() -> None:
    front = pareto_front()
    front.update([Placed(record) for record in records()])
    assert {placed.record.number for placed in front} == {0, 1, 2}


@pytest.mark.parametrize("selection", [nsga2, nsga3])
def test_the_front_survives(selection) -> None:  # type: ignore[no-untyped-def]
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    assert {each.number for each in selection(individuals(), 3)} == {0, 1, 2}
    four = {each.number for each in selection(individuals(), 4)}
    assert {0, 1, 2} < four
    assert four <= {0, 1, 2, 3, 4}  # the next front: neither of (0.4, 0.4) and (0.5, 0.1) dominates the other
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


def test_chance_of_nsga3_is_that_of_python() -> None:
    found = []
    for seed in (0, 0, 1):
        random.seed(seed)
        found.append([each.number for each in nsga3(individuals(), 2)])
    assert found[0] == found[1]


@pytest.mark.parametrize("name", ["nsga2", "nsga3"])
def test_it_is_kept_and_comes_back(name: str, tmp_path: Path) -> None:
    grown = evolved(6, parents=2, selection=name)
    assert len(grown.front) > 0
    born = [record for record in grown.history if record.generation > 0]
    for one in (placed.record for placed in grown.front):
        assert not any(each.quality > one.quality and each.diversity > one.diversity for each in born)
    again = population(parents=2)
    again.load_state_dict(checkpoints.load(checkpoints.save(tmp_path / "one.safetensors", grown.state_dict())))
    assert differences(again.state_dict(), grown.state_dict()) == []
    evolve(again.game, again.batches, 7, rng=again.rng, state=again, selection=name)


def test_without_it_there_is_no_front() -> None:
    assert len(evolved(2).front) == 0


def test_it_is_drawn() -> None:
    picture = front_picture(records()[:3], records(), "Pareto front")
    assert picture.shape[2] == 3
    assert picture.std() > 5
    with pytest.raises(ValueError, match="expected a front of at least one individual"):
        front_picture([], records())
