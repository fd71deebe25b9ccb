"""Evolutionary GAN (Wang et al. 2019): a population of generators, mutated by objectives, selected by fitness.

A public name is imported from its module when it is first asked for (PEP 562), so that the help texts need no torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core_gans.foundation.lazy_names import lazy_names

if TYPE_CHECKING:
    from egan.asking import AskTell, init
    from egan.distances import DistanceRule, distance_rule
    from egan.evolution import evolve, make_toolbox
    from egan.fitness import FitnessRule, Judgement, Rule, diversity, quality
    from egan.individual import Individual, Record
    from egan.mutations import MUTATIONS, PAPER, Mutation, mutation
    from egan.population import Population, start
    from egan.scheme import Scheme

__all__ = [
    "MUTATIONS",
    "PAPER",
    "AskTell",
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
    "init",
    "make_toolbox",
    "mutation",
    "quality",
    "start",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "egan.asking": "AskTell init",
        "egan.distances": "DistanceRule distance_rule",
        "egan.evolution": "evolve make_toolbox",
        "egan.fitness": "FitnessRule Judgement Rule diversity quality",
        "egan.individual": "Individual Record",
        "egan.mutations": "MUTATIONS PAPER Mutation mutation",
        "egan.population": "Population start",
        "egan.scheme": "Scheme",
    },
)
