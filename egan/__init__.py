"""Evolutionary GAN (Wang et al. 2019): a population of generators, mutated by objectives, selected by fitness."""

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
