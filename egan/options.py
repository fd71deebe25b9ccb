"""The numbers of E-GAN as the command line and a run's config.json hold them, and the scheme that they make."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from core_gans.data import Examples
from core_gans.foundation.errors import LabError
from core_gans.foundation.names import unknown_name
from core_gans.foundation.parsing import as_annotated, require_choices
from egan.discriminators import OWN, discriminator_mutation
from egan.distances import distance_rule
from egan.fitness import Convention, FitnessRule, Rule
from egan.mutations import MUTATIONS, PAPER, Mutation, mutation
from egan.scheme import Scheme
from egan.selection import Name as SelectionName
from egan.selection import selection
from egan.settings import EvolutionSettings

KIND = "evolution"
Fitness = Literal["paper", "frechet", "kernel"]
FITNESSES = get_args(Fitness)


@dataclass(frozen=True)
class Evolution(EvolutionSettings):
    """The numbers of E-GAN."""

    mutations: tuple[str, ...] = ("minimax", "heuristic", "least_squares")
    """One child of every parent per mutation: minimax, heuristic, least_squares, least_squares_logits,
    least_squares_pearson, wasserstein, hinge, relativistic_average, relativistic_paired, f_kl and the other
    f-divergences, noise (of the weights), rate (of learning), or one's own objective as module:name."""
    selection: SelectionName = "best"
    """best, tournament (of two), nsga2, nsga3 (on quality and diversity), annealed (a worse child may replace its
    parent; needs plus), random (the control), fixed (the first mutation always wins: the baseline)."""
    fitness: Fitness = "paper"
    """paper: quality + gamma x diversity; frechet, kernel: minus the distance to real examples (points as they are,
    digits in a classifier's features, other images in principal pixels)."""
    gamma: float = 0.01
    """Weight of diversity in the paper's fitness."""
    balance: float = 0.0
    """Above 0, gamma adapts: gamma x diversity varies this many times as much among siblings as quality."""
    convention: Convention = "probability"
    """Quality from probabilities (the paper) or raw scores (logit)."""
    evaluation_size: int | None = None
    """Fakes that judge each child (e); default: as many as the discriminator's steps will use, so that all of them are
    learned from. The authors' code has 256: --preset paper."""
    discriminator_mutations: tuple[str, ...] = (OWN, "least_squares")
    """Objectives of several discriminators: own (the game's), minimax, least_squares, least_squares_pearson,
    wasserstein, hinge, relativistic_average, relativistic_paired, f_kl and the other f-divergences, or module:name."""

    def __post_init__(self) -> None:
        require_choices(self)
        if self.parents < 1:
            raise LabError(f"expected at least one parent, got --parents {self.parents}.")
        if self.evaluation_size is not None and self.evaluation_size < 1:
            raise LabError(f"expected an --evaluation-size of at least 1, got {self.evaluation_size}.")
        if not self.mutations:
            raise LabError(f"expected at least one of --mutations {' '.join(MUTATIONS)}, got none.")
        if self.discriminators < 1:
            raise LabError(f"expected at least one discriminator, got --discriminators {self.discriminators}.")
        if len(set(self.mutations)) < len(self.mutations):
            raise LabError(
                f"expected each mutation once, got --mutations {' '.join(self.mutations)}: siblings of one mutation "
                "would be the same child; several that differ are --children."
            )
        if self.selection == "annealed" and self.strategy != "plus":
            raise LabError("annealed selection chooses between a parent and its child: add --strategy plus.")
        if self.selection == "fixed" and self.offspring != "each" and len(self.mutations) > 1:
            raise LabError(
                f"the selection fixed takes the children by {self.mutations[0]}, and with --offspring {self.offspring} "
                f"most generations have none: leave --offspring at each, or give --mutations {self.mutations[0]} alone."
            )

    def scheme(self, examples: Examples | None = None) -> Scheme:
        """The scheme; ValueError for numbers that make none. Distances to real ``examples`` need them."""
        rule: Rule = FitnessRule(self.gamma, self.convention, self.balance)
        if self.fitness != "paper" and examples is not None:
            rule = distance_rule(self.fitness, examples)
        shared = {each.name: getattr(self, each.name) for each in dataclasses.fields(EvolutionSettings)}
        own = {
            "mutations": tuple(mutation(name) for name in self.mutations),
            "evaluation_size": self.evaluation_size or 0,
            "fitness": rule,
            "selection": selection(self.selection, mutation=self.mutations[0]),
            "discriminator_mutations": tuple(discriminator_mutation(name) for name in self.discriminator_mutations),
        }
        return Scheme(**shared | own)


PAPERS = ("gamma", "balance", "convention")  # numbers of the paper's fitness


def as_objects(given: Mapping[str, Any], examples: object, mutations: tuple[Mutation, ...] = PAPER) -> dict[str, Any]:
    """Fields of a ``Scheme`` as objects, where ``given`` has them as the command line has: by name.

    ``gamma``, ``balance`` and ``convention`` make the paper's fitness. Distances need ``examples``. Where no mutations
    are given, those of the scheme, ``mutations``, say which comes first: the one that the selection fixed takes.
    ValueError for names that are none, the nearest beside them, and for what is given twice.
    """
    found = {name: value for name, value in given.items() if name not in PAPERS}
    for name, called in (("mutations", mutation), ("discriminator_mutations", discriminator_mutation)):
        if name in found:
            each = [found[name]] if isinstance(found[name], str) else found[name]
            found[name] = tuple(called(one) if isinstance(one, str) else one for one in each)
    if isinstance(found.get("selection"), str):
        first = (found.get("mutations") or mutations)[0]
        found["selection"] = selection(found["selection"], mutation=first.name)
    of_fitness = {name: given[name] for name in PAPERS if name in given}
    rule = found.get("fitness", "paper" if of_fitness else None)
    if of_fitness and rule != "paper":
        raise LabError(
            f"{', '.join(of_fitness)}: numbers of the paper's fitness, beside another one: give one of both."
        )
    if isinstance(rule, str):
        found["fitness"] = _rule(rule, of_fitness, examples)
    return found


def _rule(name: str, of_fitness: Mapping[str, Any], examples: object) -> Rule:
    if name not in FITNESSES:
        raise unknown_name("fitness", name, FITNESSES, list_all=True)
    if name == "paper":
        return FitnessRule(**of_fitness)
    if not isinstance(examples, Examples):
        raise LabError(f"the fitness {name} is a distance to real Examples, and the batches are of something else.")
    return distance_rule(name, examples)  # type: ignore[arg-type]  # one of FITNESSES


def evolution_from(config: Mapping[str, Any]) -> Evolution:
    """The numbers of E-GAN in a run's config.json; LabError when it is no evolution, or of another version."""
    saved = config.get("evolution")
    if config["kind"] != KIND or not isinstance(saved, dict):
        raise LabError(f"expected the run of an evolution, got a {config['kind']} of {config['variant']}.")
    return Evolution(**as_annotated(Evolution, saved, "the run's evolution"))
