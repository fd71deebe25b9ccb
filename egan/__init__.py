"""Evolutionary GAN (Wang et al. 2019): a population of generators, mutated by objectives, selected by fitness.

A public name is imported from its module when it is first asked for (PEP 562), so that the help texts need no torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from egan.distances import DistanceRule, distance_rule
    from egan.evolution import evolve
    from egan.fitness import FitnessRule, Judgement, Rule, diversity, quality
    from egan.individual import Individual, Record
    from egan.mutations import MUTATIONS, PAPER, Mutation, mutation
    from egan.population import Population
    from egan.scheme import Scheme

__all__ = [
    "MUTATIONS",
    "PAPER",
    "DistanceRule",
    "FitnessRule",
    "Individual",
    "Judgement",
    "Mutation",
    "Population",
    "Record",
    "Rule",
    "Scheme",
    "distance_rule",
    "diversity",
    "evolve",
    "mutation",
    "quality",
]

_NAMES = {  # module: the public names that it holds
    "egan.distances": (
        "DistanceRule",
        "distance_rule",
    ),
    "egan.evolution": ("evolve",),
    "egan.fitness": (
        "FitnessRule",
        "Judgement",
        "Rule",
        "diversity",
        "quality",
    ),
    "egan.individual": (
        "Individual",
        "Record",
    ),
    "egan.mutations": (
        "MUTATIONS",
        "PAPER",
        "Mutation",
        "mutation",
    ),
    "egan.population": ("Population",),
    "egan.scheme": ("Scheme",),
}
_HOME = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
