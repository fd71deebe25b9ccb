"""A bandit over mutations: planted payments, and one child a generation."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from core_gans.runs import checkpoints
from egan.bandit import draw, learn, shares_of
from egan.evolution import evolve
from egan.individual import Individual, Record
from egan.mutations import heuristic, least_squares, minimax
from egan.population import Population
from egan.scheme import Scheme
from tests.egan.growing import evolved, population
from tests.tiny import differences

SCHEME = Scheme((minimax, heuristic, least_squares), offspring="bandit")


def child(grown: Population, mutation: str, fitness: float) -> Individual:
    (parent,) = grown.parents
    found = Individual(parent.generator, parent.optimizer, Record(1, 0, mutation, 1))
    found.fitness.values = (fitness,)
    return found


def test_nothing_is_known_at_the_beginning() -> None:
    assert list(shares_of(population(), SCHEME).values()) == pytest.approx([1 / 3] * 3)


def test_what_pays_is_drawn_and_nothing_is_given_up() -> None:
    grown = population()
    for _ in range(400):
        name = draw(grown, SCHEME)
        learn(grown, [child(grown, name, {"minimax": 0.0, "heuristic": 1.0, "least_squares": 0.2}[name])])
    shares = shares_of(grown, SCHEME)
    assert sum(shares.values()) == pytest.approx(1)
    assert max(shares, key=shares.__getitem__) == "heuristic"
    assert min(shares.values()) >= 0.1 / 3
    drawn = Counter(draw(grown, SCHEME) for _ in range(2_000))
    for name, share in shares.items():
        assert drawn[name] / 2_000 == pytest.approx(share, abs=0.05)


def test_who_dies_is_paid_nothing() -> None:
    grown = population()
    learn(grown, [child(grown, "minimax", float("nan"))] * 200)
    assert grown.credits["minimax"] < 1e-3
    assert "average" not in grown.credits


@pytest.mark.parametrize("engine", ["reference", "fast"])
def test_a_generation_has_one_child_of_each_parent(engine: Any, tmp_path: Path) -> None:
    grown = evolved(8, parents=2, offspring="bandit", engine=engine)
    assert grown.born == 2 + 8 * 2
    assert len(set(grown.logbook.select("winner"))) > 1
    again = population(parents=2)
    again.load_state_dict(checkpoints.load(checkpoints.save(tmp_path / "one.safetensors", grown.state_dict())))
    for each in (grown, again):
        evolve(each.game, each.batches, 12, rng=each.rng, state=each, offspring="bandit", engine=engine)
    assert differences(again.state_dict(), grown.state_dict()) == []
