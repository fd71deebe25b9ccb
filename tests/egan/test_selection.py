"""Selections on planted individuals, whose right answers are known."""

from __future__ import annotations

import math
import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import nn

from egan.individual import Individual, Record
from egan.selection import Annealed, Fixed, Tournament, at_random, chance_from, nsga2, selection
from tests.tiny import chance


def planted(
    number: int, fitness: float, *, parent: int = 0, mutation: str = "heuristic", generation: int = 1, **marks: float
) -> Individual:
    network = nn.Linear(1, 1)
    record = Record(number, parent, mutation, generation, **marks)  # type: ignore[arg-type]
    individual = Individual(network, torch.optim.SGD(network.parameters(), lr=1), record)
    individual.fitness.values = (fitness,)
    return individual


def numbers(individuals: list[Individual]) -> list[int]:
    return [individual.number for individual in individuals]


SIX = [planted(number, fitness) for number, fitness in enumerate([0.3, 0.9, -1.0, 0.5, 0.7, 0.1])]


class TestChance:
    def test_it_depends_on_the_generators_state_and_moves_neither_it_nor_pythons(self) -> None:
        rng, before = chance(), random.getstate()
        state = rng.get_state()
        with chance_from(rng):
            one = [random.random() for _ in range(3)]
        with chance_from(rng):
            assert [random.random() for _ in range(3)] == one
        assert torch.equal(rng.get_state(), state)
        assert random.getstate() == before
        torch.rand((), generator=rng)
        with chance_from(rng):
            assert random.random() != one[0]

    def test_two_threads_take_turns(self) -> None:
        def draw(seed: int) -> list[float]:
            with chance_from(chance(seed)):
                first = random.random()
                met.wait(0.05)  # time for the other thread to draw in between, if it could
                return [first, random.random()]

        met = threading.Event()
        alone = [draw(0), draw(1)]
        with ThreadPoolExecutor(2) as threads:
            assert list(threads.map(draw, (0, 1))) == alone

    def test_pythons_state_comes_back_after_an_error(self) -> None:
        before = random.getstate()
        with pytest.raises(KeyError), chance_from(chance()):
            raise KeyError
        assert random.getstate() == before


def test_at_random_everyone_survives_equally_often() -> None:
    rng, seen = chance(), Counter[int]()
    for _ in range(600):
        torch.rand((), generator=rng)
        with chance_from(rng):
            chosen = numbers(at_random(SIX, 2))
        assert len(set(chosen)) == 2
        seen.update(chosen)
    assert all(140 < seen[number] < 260 for number in range(6))  # 200 expected, standard deviation 12


class TestTournament:
    def test_survivors_differ_and_the_better_win_more_often(self) -> None:
        rng, seen = chance(), Counter[int]()
        for _ in range(600):
            torch.rand((), generator=rng)
            with chance_from(rng):
                (winner,) = Tournament(2)(SIX, 1)
            seen[winner.number] += 1
            with chance_from(rng):
                assert len(set(numbers(Tournament(3)(SIX, 4)))) == 4
        ranked = sorted(SIX, key=lambda individual: individual.fitness)
        for rank, individual in enumerate(ranked):  # of two different ones at random: rank wins rank of 15 pairs
            assert seen[individual.number] / 600 == pytest.approx(rank / 15, abs=0.07)

    def test_among_all_the_best_wins(self) -> None:
        assert numbers(Tournament(6)(SIX, 3)) == [1, 4, 3]
        assert numbers(Tournament(99)(SIX, 6)) == [1, 4, 3, 0, 5, 2]
        with pytest.raises(ValueError, match="at least one individual, got 0"):
            Tournament(0)


class TestNSGA2:
    def test_the_front_survives_whatever_the_fitness(self) -> None:
        front = [
            planted(0, -9.0, quality=0.1, diversity=5.0),
            planted(1, -9.0, quality=0.5, diversity=3.0),
            planted(2, -9.0, quality=0.9, diversity=1.0),
        ]
        behind = [planted(3, 9.0, quality=0.4, diversity=2.9), planted(4, 9.0, quality=0.05, diversity=0.5)]
        assert set(numbers(nsga2([*behind, *front], 3))) == {0, 1, 2}
        assert set(numbers(nsga2([*behind, *front], 4))) == {0, 1, 2, 3}
        assert set(numbers(nsga2([*behind, *front], 2))) == {0, 2}  # the ends of the front are least crowded

    def test_their_fitness_stays_what_it_was(self) -> None:
        one, other = planted(0, 0.25, quality=1.0, diversity=1.0), planted(1, 0.5, quality=0.0, diversity=0.0)
        (survivor,) = nsga2([other, one], 1)
        assert survivor is one
        assert one.fitness.values == (0.25,)


class TestAnnealing:
    def family(self, child: float, parent: float, generation: int = 1) -> list[Individual]:
        return [
            planted(5, child - 1, parent=0, generation=generation),
            planted(6, child, parent=0, generation=generation),
            planted(0, parent, parent=-1, generation=generation - 1),
        ]

    def test_a_better_child_always_replaces_its_parent(self) -> None:
        for temperature in (1e-9, 1e9):
            assert numbers(Annealed(temperature)(self.family(0.6, 0.5), 1)) == [6]

    def test_a_worse_one_does_with_the_probability_of_metropolis(self) -> None:
        rng, accepted = chance(), 0
        for _ in range(1000):
            torch.rand((), generator=rng)
            with chance_from(rng):
                accepted += numbers(Annealed(0.1)(self.family(0.4, 0.5), 1)) == [6]
        assert accepted / 1000 == pytest.approx(math.exp(-1), abs=0.05)

    def test_the_cold_accepts_nothing_worse(self) -> None:
        late = self.family(0.4, 0.5, generation=3001)
        for seed in range(50):
            with chance_from(chance(seed)):
                assert numbers(Annealed(0.1, half_life=100)(late, 1)) == [0]

    def test_the_place_of_a_dead_parent_is_made_up_for_by_the_best_left(self) -> None:
        left = [planted(7, 0.1, parent=1), planted(8, 0.2, parent=1), *self.family(0.6, 0.5)]
        assert numbers(Annealed()(left, 2)) == [6, 0]


def test_fixed_takes_the_children_of_one_mutation_only() -> None:
    mixed = [planted(0, 0.9), planted(1, 0.1, mutation="minimax"), planted(2, 0.2, mutation="minimax")]
    assert numbers(Fixed("minimax")(mixed, 2)) == [2, 1]
    assert Fixed("wasserstein")(mixed, 1) == []


def test_names() -> None:
    assert numbers(selection("best")(SIX, 2)) == [1, 4]
    assert selection("fixed", "minimax") == Fixed("minimax")
    assert selection("random") is at_random
    with pytest.raises(ValueError, match="no selection is called 'tournamnt': did you mean tournament"):
        selection("tournamnt")
