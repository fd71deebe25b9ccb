"""How a generation is played: everything about an evolution that is neither its game nor its data."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from deap import tools

from core_gans.foundation.errors import LabError
from core_gans.foundation.parsing import require_choices
from egan.discriminators import OWN_AND_LEAST_SQUARES, DiscriminatorMutation
from egan.fitness import FitnessRule, Rule
from egan.individual import Individual
from egan.mutations import PAPER, Mutation
from egan.settings import EvolutionSettings

Selection = Callable[[Sequence[Individual], int], list[Individual]]


@dataclass(frozen=True)
class Scheme(EvolutionSettings):
    """The evolution strategy. Defaults are those of Wang et al. 2019. ValueError for what could not be played."""

    mutations: tuple[Mutation, ...] = PAPER
    evaluation_size: int = 0
    """Fakes that judge each child (e); 0 for as many as the discriminator's steps will use."""
    fitness: Rule = field(default_factory=FitnessRule)
    selection: Selection = tools.selBest
    """Any DEAP selection."""
    discriminator_mutations: tuple[DiscriminatorMutation, ...] = OWN_AND_LEAST_SQUARES
    """One child of each of several discriminators by each of these, at every step."""

    def __post_init__(self) -> None:
        require_choices(self)
        self._require_objects()
        object.__setattr__(self, "mutations", tuple(self.mutations))
        if not self.mutations:
            raise ValueError("expected at least one mutation, got none.")
        if self.parents < 1:
            raise ValueError(f"expected at least one parent, got {self.parents}.")
        if self.children < 1:
            raise ValueError(f"expected at least one child of each parent by each mutation, got {self.children}.")
        object.__setattr__(self, "discriminator_mutations", tuple(self.discriminator_mutations))
        if self.discriminators < 1:
            raise ValueError(f"expected at least one discriminator, got {self.discriminators}.")
        if not self.discriminator_mutations:
            raise ValueError("expected at least one mutation of discriminators, got none.")
        for name in ("discriminator_gamma", "harshness"):
            if not math.isfinite(getattr(self, name)):
                raise ValueError(f"expected a finite {name}, got {getattr(self, name)}.")
        if self.evaluation_size < 0:
            raise ValueError(f"expected an evaluation size of at least 1, or 0 for enough, got {self.evaluation_size}.")
        if not 0 <= self.inertia < 1:
            raise ValueError(f"expected an inertia in [0, 1), got {self.inertia}.")
        if self.recycle and not self.common_latents:
            raise ValueError("latents can be recycled only where all children were judged on them: use common latents.")
        if self.crossover != "none" and self.parents < 2:
            raise ValueError(f"expected at least two parents for a crossover, got {self.parents}.")

    def _require_objects(self) -> None:
        """LabError for a name where an object belongs."""
        for name in ("mutations", "discriminator_mutations", "selection", "fitness"):
            given = getattr(self, name)
            names = [given] if isinstance(given, str) else given if isinstance(given, tuple | list) else ()
            if any(isinstance(each, str) for each in names):
                raise LabError(
                    f"a Scheme holds objects and got a name, {name}={given!r}: give names to evolve(..., {name}=...), "
                    f"or Evolution({name}=...).scheme()."
                )

    def judged_on(self, batch: int, steps: int) -> int:
        """Fakes that judge each child, for batches of ``batch`` and ``steps`` steps of the discriminator.

        ValueError when they would be too few for the discriminator's step or for the latents to be recycled.
        """
        held_out = batch if self.discriminators > 1 else 0  # by which children of discriminators are judged
        enough = max(math.ceil((steps * batch + held_out) / self.parents), batch if self.recycle else 1)
        size = self.evaluation_size or enough
        if held_out and self.parents * size < 2 * batch:
            raise ValueError(
                f"expected an evaluation size of at least {math.ceil(2 * batch / self.parents)}, got {size}: from the "
                f"fakes of {self.parents} survivors {self.discriminators} discriminators take a batch of {batch} to "
                f"learn from and another to be judged by. With {math.ceil(2 * batch / size)} parents it is enough."
            )
        if self.parents * size < batch:
            raise ValueError(
                f"expected an evaluation size of at least {math.ceil(batch / self.parents)}, got {size}: the fakes of "
                f"{self.parents} survivors are the discriminator's batch of {batch}."
            )
        if self.recycle and size < batch:
            raise ValueError(
                f"expected an evaluation size of at least {batch}, got {size}: recycled latents are a whole batch."
            )
        return size
