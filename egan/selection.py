"""Selection: which candidates survive. Every one of them takes (individuals, count), as DEAP's do.

Chance comes from Python's ``random``, as in DEAP; during an evolution it is seeded by the population's own
generator (``chance_from``), so that a run can be repeated and the global state is left alone.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Literal, get_args

import numpy as np
import torch
from deap import tools

from core_gans.foundation.names import require_known
from egan.individual import Individual
from egan.pareto import Objectives, objectives_of
from egan.scheme import Selection

Name = Literal["best", "tournament", "nsga2", "nsga3", "annealed", "random", "fixed"]
DIRECTIONS = 12  # parts between the two axes of NSGA-III

_CHANCE = Lock()  # Python's random is one for all threads, and evolutions may run side by side


@contextmanager
def chance_from(rng: torch.Generator) -> Iterator[None]:
    """Seed Python's ``random`` from the state of ``rng``, which stays where it is; put the old state back after.

    Other threads that ask for chance wait meanwhile.
    """
    with _CHANCE:
        before = random.getstate()
        random.seed(hashlib.sha256(rng.get_state().numpy().tobytes()).digest())
        try:
            yield
        finally:
            random.setstate(before)


def at_random(individuals: Sequence[Individual], count: int) -> list[Individual]:
    """Any of them, whatever their fitness: the control without which no selection can be said to help."""
    return random.sample(list(individuals), count)


@dataclass(frozen=True)
class Tournament:
    """The best of ``size`` at random, again and again; the winner leaves, so that survivors differ."""

    size: int = 2

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ValueError(f"expected a tournament of at least one individual, got {self.size}.")

    def __call__(self, individuals: Sequence[Individual], count: int) -> list[Individual]:
        left = list(individuals)
        chosen: list[Individual] = []
        for _ in range(count):
            (winner,) = tools.selBest(random.sample(left, min(self.size, len(left))), 1)
            left = [individual for individual in left if individual is not winner]
            chosen.append(winner)
        return chosen


@dataclass
class _Candidate:
    individual: Individual
    fitness: Objectives


def _candidates(individuals: Sequence[Individual]) -> list[_Candidate]:
    return [_Candidate(each, objectives_of(each.record)) for each in individuals]


def nsga2(individuals: Sequence[Individual], count: int) -> list[Individual]:
    """By the fronts of (quality, diversity) that no other candidate dominates, then by crowding. Deb et al. 2002.

    Baioletti et al. 2020 select generators so (MO-EGAN). The scheme's fitness only decides who leads.
    """
    return [candidate.individual for candidate in tools.selNSGA2(_candidates(individuals), count)]


def nsga3(individuals: Sequence[Individual], count: int) -> list[Individual]:
    """By the same fronts, and on the last of them by 13 directions between quality and diversity. Deb & Jain 2014.

    Candidates near a direction that few others are near go first.
    """
    before = np.random.get_state()  # noqa: NPY002  # DEAP's selNSGA3 draws from numpy's global chance
    np.random.seed(random.getrandbits(32))  # noqa: NPY002
    try:
        found = tools.selNSGA3(_candidates(individuals), count, tools.uniform_reference_points(2, DIRECTIONS))
    finally:
        np.random.set_state(before)  # noqa: NPY002
    return [candidate.individual for candidate in found]


@dataclass(frozen=True)
class Annealed:
    """A parent is replaced by its best child: always by a better one, by a worse one with e^(difference / T).

    Metropolis et al. 1953. ``temperature`` is T at the first generation; it halves every ``half_life`` generations.
    Needs the strategy "plus", in which parents are candidates.
    """

    temperature: float = 0.01
    half_life: float = 1000.0

    def __post_init__(self) -> None:
        if not (self.temperature > 0 and self.half_life > 0):
            raise ValueError(
                f"expected a temperature and a half-life above 0, got {self.temperature} and {self.half_life}."
            )

    def __call__(self, individuals: Sequence[Individual], count: int) -> list[Individual]:
        now = max(individual.record.generation for individual in individuals)
        temperature = self.temperature * 0.5 ** ((now - 1) / self.half_life)
        chosen: list[Individual] = []
        for parent in (each for each in individuals if each.record.generation < now):
            family = [each for each in individuals if each.record.parent == parent.number]
            challenger = max(family, key=lambda each: each.fitness, default=parent)
            difference = challenger.fitness.values[0] - parent.fitness.values[0]
            accepted = difference >= 0 or random.random() < math.exp(difference / temperature)
            chosen.append(challenger if accepted else parent)
        taken = {each.number for each in chosen}
        rest = [each for each in individuals if each.number not in taken]
        return (chosen + tools.selBest(rest, len(rest)))[:count]  # the families of dead parents are made up for


@dataclass(frozen=True)
class Fixed:
    """The best children by one mutation, whatever the others are worth: the baseline of that mutation alone."""

    mutation: str

    def __call__(self, individuals: Sequence[Individual], count: int) -> list[Individual]:
        return tools.selBest([each for each in individuals if each.record.mutation == self.mutation], count)


def selection(name: str, mutation: str = "") -> Selection:
    """The selection called ``name``; ``mutation`` is the one that is fixed. A ValueError lists the nearest names."""
    known: dict[str, Selection] = {
        "best": tools.selBest,
        "tournament": Tournament(),
        "nsga2": nsga2,
        "nsga3": nsga3,
        "annealed": Annealed(),
        "random": at_random,
        "fixed": Fixed(mutation),
    }
    assert known.keys() == set(get_args(Name))
    return known[require_known("selection", name, known)]
