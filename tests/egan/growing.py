"""Populations of tiny generators, begun and grown, for tests that look at a generation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from core_gans.data import Examples
from core_gans.game import NoiseGame
from egan.evolution import evolve
from egan.fitness import FitnessRule, Judgement
from egan.individual import Individual
from egan.mutations import Mutation
from egan.population import Population, start
from tests.tiny import batches, chance, points, small

REAL = torch.zeros(8)  # scores that no mutation here looks at
POISON = Mutation("poison", lambda scores: scores.mean() * torch.nan)


def game_for(examples: Examples, variant: str = "dcgan", **fields: Any) -> NoiseGame:
    game = small(variant, examples, **fields)
    assert isinstance(game, NoiseGame)
    return game


def population(examples: Examples | None = None, parents: int = 1, **fields: Any) -> Population:
    examples = examples or points()
    return start(game_for(examples, **fields), batches(examples), chance(), parents)


def evolved(generations: int, examples: Examples | None = None, seed: int = 0, **given: Any) -> Population:
    examples = examples or points()
    return evolve(game_for(examples), batches(examples), generations, rng=chance(seed), **given)


def buffers(network: nn.Module) -> list[Tensor]:
    return [buffer.clone() for buffer in network.buffers()]


def steps(individual: Individual) -> set[float]:
    return {float(moments["step"]) for moments in individual.optimizer.state.values()}


@dataclass(frozen=True)
class Planted(FitnessRule):
    """Fitness values in the order of birth, whatever the discriminator says."""

    values: list[float] = field(default_factory=list)

    def __call__(self, judgement: Judgement) -> float:
        return self.values.pop(0)
