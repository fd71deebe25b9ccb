"""Evolutionary GAN (Wang et al. 2019): a population of generators, mutated by objectives, selected by fitness."""

from egan.evolution import evolve
from egan.fitness import FitnessRule, diversity, quality
from egan.individual import Individual, Record
from egan.mutations import MUTATIONS, PAPER, Mutation, mutation
from egan.population import Population

__all__ = [
    "MUTATIONS",
    "PAPER",
    "FitnessRule",
    "Individual",
    "Mutation",
    "Population",
    "Record",
    "diversity",
    "evolve",
    "mutation",
    "quality",
]
