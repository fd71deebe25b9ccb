"""One child a generation, by a mutation that is drawn by what paid lately. Thierens 2005, probability matching.

"An adaptive pursuit strategy for allocating operator probabilities", section 2. A mutation is paid 1 when its child's
fitness is above the moving average of the children's, and 0 else: the discriminator moves on, so sums of fitness say
little. Where a generation has a child by each mutation, M of them, this one costs about an M-th of its children.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from egan.individual import Individual

if TYPE_CHECKING:
    from egan.population import Population
    from egan.scheme import Scheme

MEMORY = 0.05  # weight of the last payment, and of the last fitness in the average
LEAST = 0.1  # share of the draws that each mutation keeps, of an equal share
AVERAGE = "average"  # of the children's fitness, among the credits


def draw(population: Population, scheme: Scheme) -> str:
    """The name of the mutation of this generation; one draw of the population's chance."""
    shares = torch.tensor(list(shares_of(population, scheme).values()), dtype=torch.float64)
    point = torch.rand((), generator=population.rng, device=population.rng.device, dtype=torch.float64).cpu()
    place = int(torch.searchsorted(shares.cumsum(0), point, right=True).clamp_max(len(shares) - 1))
    return scheme.mutations[place].name


def shares_of(population: Population, scheme: Scheme) -> dict[str, float]:
    """With which probability each mutation is drawn, by name; equal ones where nothing is known."""
    names = [mutation.name for mutation in scheme.mutations]
    credits = [population.credits.get(name, 1.0) for name in names]
    total, least = math.fsum(credits), LEAST / len(names)
    equal = 1 / len(names)
    return {
        name: least + (1 - LEAST) * (credit / total if total > 0 else equal)
        for name, credit in zip(names, credits, strict=True)
    }


def learn(population: Population, children: Sequence[Individual]) -> None:
    """Pay the mutations of the ``children``, which were judged."""
    known = population.credits
    for child in children:
        value, name = child.fitness.values[0], child.record.mutation
        finite = math.isfinite(value)
        paid = float(finite and value > known.get(AVERAGE, -math.inf))
        known[name] = known.get(name, 1.0) + MEMORY * (paid - known.get(name, 1.0))
        if finite:
            known[AVERAGE] = known.get(AVERAGE, value) + MEMORY * (value - known.get(AVERAGE, value))
