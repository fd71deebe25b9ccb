"""How a generation is played: everything about an evolution that is neither its game nor its data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from deap import tools

from egan.fitness import FitnessRule
from egan.individual import Individual
from egan.mutations import PAPER, Mutation

Selection = Callable[[Sequence[Individual], int], list[Individual]]


@dataclass(frozen=True)
class Scheme:
    """The evolution strategy. Defaults are those of Wang et al. 2019."""

    mutations: tuple[Mutation, ...] = PAPER
    parents: int = 1
    """Generators that survive a generation (mu)."""
    children: int = 1
    """Children of each parent by each mutation."""
    evaluation_size: int = 0
    """Fakes that judge each child (e); 0 for as many as the discriminator's steps will use."""
    fitness: FitnessRule = field(default_factory=FitnessRule)
    selection: Selection = tools.selBest
    """Any DEAP selection."""
    strategy: Literal["comma", "plus"] = "comma"
    """comma: survivors are children; plus: parents are judged anew and compete with them."""
    common_latents: bool = False
    """Judge all children of a generation on the same latents (common random numbers): a fairer comparison."""
    recycle: bool = False
    """Vary a survivor on the first b of the latents that it was judged on, instead of on fresh ones."""
    engine: Literal["auto", "reference", "fast"] = "auto"
    """reference: one step after the other, as the paper tells it; fast: the same numbers from shared computations."""
