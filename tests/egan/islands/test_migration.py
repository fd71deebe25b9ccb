"""Who arrives where: DEAP's ring, Lipizzaner's neighbours, and discriminators that go the other way."""

from typing import Any

import numpy as np
from deap import base, creator, tools

from egan.islands.migration import COMPETES, arrivals, with_discriminators_moved
from egan.islands.settings import Islands


def state(island: int, fitnesses: list[float]) -> dict[str, Any]:
    """An island whose parents have these fitnesses, best first; parent p of island i has the number 10 i + p."""
    parents = [
        {"fitness": [value], "record": {"number": 10 * island + place}, "generator": {"w": np.float32(island)}}
        for place, value in enumerate(fitnesses)
    ]
    networks = {name: f"{name} {island}" for name in ("discriminator", "optimizer", "discriminators")}
    return {
        "parents": parents,
        "shadows": [{"w": np.float32(0.5 + place)} for place, _ in enumerate(parents)],
        **networks,
    }


STATES = [state(0, [0.9, 0.1, 0.05]), state(1, [5.0, 4.0, 3.0]), state(2, [0.3, 0.2, 0.25]), state(3, [7.0, 6.0, 5.0])]


def test_on_a_ring_the_best_replace_the_worst_of_the_next_as_deap_has_it() -> None:
    creator.create("RingFitness", base.Fitness, weights=(1.0,))
    creator.create("RingIndividual", list, fitness=creator.RingFitness)
    try:
        for count in (1, 2, 3):
            demes = []
            for each in STATES:
                deme = []
                for parent in each["parents"]:
                    deme.append(creator.RingIndividual([parent["record"]["number"]]))
                    deme[-1].fitness.values = (parent["fitness"][0],)
                demes.append(deme)
            tools.migRing(demes, count, tools.selBest, tools.selWorst)
            expected = [[individual[0] for individual in deme] for deme in demes]
            found = [[10 * island + place for place in range(3)] for island in range(4)]
            for island, who in enumerate(arrivals(STATES, Islands(islands=4, migrants=count))):
                assert len(who) == count
                for each in who:
                    found[island][each.place] = each.number
            assert found == expected
    finally:
        del creator.RingFitness, creator.RingIndividual


def test_who_comes_brings_its_weights_and_its_average() -> None:
    (arrival,) = arrivals(STATES, Islands(islands=4))[0]
    assert (arrival.origin, arrival.number, arrival.place) == (3, 30, 2)
    assert arrival.parent is STATES[3]["parents"][0]
    assert arrival.shadow == {"w": 0.5}


def test_on_a_grid_the_best_of_the_neighbours_compete() -> None:
    who = arrivals(STATES, Islands(islands=4, topology="grid"))  # 2 x 2: the neighbours of 0 are 1 and 2
    assert [[(each.origin, each.number) for each in some] for some in who] == [
        [(1, 10), (2, 20)],
        [(0, 0), (3, 30)],
        [(0, 0), (3, 30)],
        [(1, 10), (2, 20)],
    ]
    assert {each.place for some in who for each in some} == {COMPETES}


def test_all_to_all_sends_as_many_as_are_asked_for() -> None:
    who = arrivals(STATES, Islands(islands=4, topology="all", migrants=2))
    assert [each.number for each in who[0]] == [10, 11, 20, 22, 30, 31]  # of island 2 the first and the third are best


def test_founders_that_were_never_judged_may_go_too() -> None:
    unjudged = [{**each, "parents": [{**parent, "fitness": []} for parent in each["parents"]]} for each in STATES]
    assert [len(some) for some in arrivals(unjudged, Islands(islands=4))] == [1, 1, 1, 1]


def test_discriminators_move_against_the_ring() -> None:
    moved = with_discriminators_moved(STATES)
    assert [each["discriminator"] for each in moved] == [f"discriminator {island}" for island in (1, 2, 3, 0)]
    assert [each["optimizer"] for each in moved] == [f"optimizer {island}" for island in (1, 2, 3, 0)]
    assert [each["parents"] for each in moved] == [each["parents"] for each in STATES]
