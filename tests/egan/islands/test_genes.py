"""Exploit and explore: planted distances, genes within bounds, and islands that become copies."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from egan.islands.archipelago import Archipelago
from egan.islands.genes import exploited, explored, first_genes, spread
from egan.islands.island import wake
from egan.islands.lineage_average import LineageAverage
from egan.islands.settings import Islands
from egan.islands.watching import _words
from egan.options import Evolution
from tests.egan.growing import game_for
from tests.egan.islands.small import a_setup, begun, played
from tests.egan.islands.test_islands import poisoned
from tests.tiny import differences, points

GENES = {"rate": 1e-3, "beta1": 0.5, "beta2": 0.999, "gamma": 0.05, "mutations": ("minimax", "heuristic")}


def test_the_last_become_copies_of_the_first() -> None:
    chance = random.Random(0)
    planted = dict(enumerate([5.0, 1.0, 4.0, float("inf"), 2.0, 3.0]))
    assert exploited(planted, 0.2, chance) == {3: 1}
    for _ in range(20):
        found = exploited(planted, 0.34, chance)
        assert set(found) == {0, 3}
        assert set(found.values()) <= {1, 4}
    assert exploited({0: 1.0}, 0.2, chance) == {}
    assert exploited({0: float("inf"), 1: float("inf")}, 0.5, chance) == {}


def test_genes_move_within_their_bounds() -> None:
    chance = random.Random(0)
    genes: dict[str, Any] = dict(GENES)
    for _ in range(300):
        before, genes = genes, explored(genes, chance)
        assert genes["rate"] / before["rate"] in (pytest.approx(0.8), pytest.approx(1.25))
        assert 0 <= genes["beta1"] < 1
        assert 0 <= genes["beta2"] < 1
        assert 1 <= len(genes["mutations"]) <= 3
        assert len(set(genes["mutations"])) == len(genes["mutations"])


def test_the_first_island_begins_with_the_settings_of_the_run() -> None:
    game, evolution = game_for(points(), rate=0.01), Evolution()
    genes = first_genes(("rate", "gamma", "mutations"), game, evolution)
    assert genes == {"rate": 0.01, "gamma": 0.01, "mutations": evolution.mutations}
    assert spread(genes, 0, 0) == genes
    assert spread(genes, 0, 1) == spread(genes, 0, 1) != genes


@pytest.mark.parametrize(
    ("name", "told"),
    [("rte", "no setting to explore is called 'rte'.* rate"), ("r1", "r1 is 0, and times anything it stays so")],
)
def test_what_is_no_gene_is_refused(name: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        first_genes((name,), game_for(points()), Evolution())


def test_a_beta_of_0_is_explored_by_its_distance_from_1() -> None:
    assert first_genes(("beta1",), game_for(points(), beta1=0.0), Evolution()) == {"beta1": 0.0}
    found = {explored({"beta1": 0.0}, random.Random(seed))["beta1"] for seed in range(20)}
    assert sorted(found) == [0.0, pytest.approx(0.2)]


def test_whole_numbers_are_told_in_the_table() -> None:
    assert _words({"r1": 1, "rate": 0.0016, "mutations": ("minimax", "hinge")}) == (
        "r1 1 rate 0.0016 mutations minimax+hinge"
    )


SETTINGS = Islands(islands=3, migrate_every=2, topology="alone", explore=("rate", "gamma", "beta1", "mutations"))


@pytest.fixture(scope="module")
def straight() -> Archipelago:
    state = begun(SETTINGS)
    played(state, 5)
    return state


def test_a_copy_has_the_parents_and_the_genes_of_a_better_one(straight: Archipelago) -> None:
    state = begun(SETTINGS)
    played(state, 2)
    order = sorted(range(3), key=state.chosen.distances.__getitem__)
    best, last = order[0], order[-1]
    (leg,) = state._copies(1).values()
    assert (leg.island, [each.origin for each in leg.arrivals]) == (last, [best])
    assert leg.state["discriminator"] is state.islands[best].state["discriminator"]
    assert leg.genes.keys() == state.islands[best].genes.keys()
    ratio = leg.genes["rate"] / state.islands[best].genes["rate"]
    assert ratio in (pytest.approx(0.8), pytest.approx(1.25))
    copied = [(each["from"], each["to"]) for each in straight.migrations if each["generation"] == 2]
    assert copied == [(best, last)]
    population = straight.population(last)
    assert population.game.rate == straight.islands[last].genes["rate"]  # type: ignore[attr-defined]
    assert population.logbook.select("generation") == [1, 2, 3, 4, 5]


def test_all_discriminators_of_a_copy_learn_with_its_own_decays() -> None:
    setup = a_setup()
    setup = replace(setup, evolution=replace(setup.evolution, discriminators=2))
    population = setup.with_genes({"beta1": 0.25}).found(0)
    wake(population, LineageAverage(0.0), {**setup.with_genes({"beta1": 0.75}).founded(0), "shadows": None})
    each = [rival.optimizer for rival in population.discriminators] + [population.parents[0].optimizer]
    assert [optimizer.param_groups[0]["betas"][0] for optimizer in each] == [0.25] * 3


def test_it_goes_on_to_the_same_bits(straight: Archipelago) -> None:
    state = begun(SETTINGS)
    played(state, 2)
    again = begun(SETTINGS)
    again.load_state_dict(state.state_dict())
    played(again, 5)
    assert differences(again.state_dict(), straight.state_dict()) == []


def test_an_island_that_diverged_becomes_a_copy_too() -> None:
    state = begun(replace(SETTINGS, islands=2, migrate_every=5))
    played(state, 1)
    poisoned(state, 1)
    (told,) = played(state, 5)
    assert told.startswith("warning: island 2 rests")
    assert state.living == [0]
    played(state, 6)
    assert state.living == [0, 1]
    assert [island.round for island in state.islands] == [6, 6]
