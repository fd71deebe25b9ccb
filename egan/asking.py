"""An evolution from outside, as ask and tell: who holds it judges the candidates, with any executor.

loop = init(game, batches, rng=0)
while loop.population.round < 100:
    loop.tell([question() for question in loop.ask()])
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from deap import base

from core_gans.compute import Compute
from core_gans.data.batches import Batches
from core_gans.foundation.errors import DivergedError, LabError
from core_gans.foundation.seeds import as_generator
from core_gans.game import Game
from core_gans.training import require_given
from egan import mapping
from egan.checks import require_fit
from egan.evolution import Born, bear, changed, make_toolbox, survive
from egan.fitness import Judgement
from egan.population import Population, start
from egan.returning import Beginning, go_back
from egan.scheme import Scheme


@dataclass(frozen=True)
class Question:
    """How good is this candidate? Calling it answers, here or wherever it was sent: it can be pickled."""

    package: bytes

    def __call__(self) -> Judgement:
        """The discriminator's judgement of the candidate."""
        judgement: Judgement = pickle.loads(mapping.worked(self.package))
        return judgement


@dataclass
class AskTell:
    """A population between two generations, or in the middle of one."""

    population: Population
    scheme: Scheme
    toolbox: base.Toolbox
    _born: Born | None = None
    _beginning: Beginning | None = field(default=None, repr=False)

    def ask(self) -> list[Question]:
        """A question for each candidate of the next generation; the same ones until they are answered."""
        if self._born is None:
            self._beginning = Beginning(self.population)
            self._born = bear(self.population, self.scheme, self.toolbox)
        born = self._born
        jobs = mapping.evaluations(self.population, self.scheme, born.batch, born.candidates, born.latents)
        return [Question(job) for job in jobs]

    def tell(self, judgements: Sequence[Judgement]) -> None:
        """Play the generation to its end with these answers, in the order of the questions.

        Where too few candidates live, the population returns to where it was, as in ``evolve``; DivergedError at the
        third return in a row. LabError where nothing was asked, and for another number of answers.
        """
        if self._born is None or self._beginning is None:
            raise LabError("nothing was asked: call ask() before tell(...).")
        if len(judgements) != len(self._born.candidates):
            raise LabError(f"expected {len(self._born.candidates)} judgements, got {len(judgements)}.")
        born, beginning = self._born, self._beginning
        self._born = self._beginning = None
        try:
            survive(self.population, self.scheme, self.toolbox, born, judgements)
        except DivergedError as error:
            go_back(self.population, beginning, error)
        else:
            self.population.returns = 0
        self.population.round += 1


def init(
    game: Game,
    batches: Batches,
    *,
    rng: torch.Generator | int,
    scheme: Scheme | None = None,
    state: Population | None = None,
    compute: Compute | None = None,
    toolbox: base.Toolbox | None = None,
    **changes: Any,
) -> AskTell:
    """An evolution to be asked and told; the arguments are those of ``evolve``.

    It plays the reference engine: the numbers are those of ``evolve(..., engine="reference")``, to the bit. Raises what
    ``evolve`` raises, and LabError for several discriminators.
    """
    require_given(game, batches, None, None)
    scheme = replace(changed(scheme or Scheme(), changes, state, batches), engine="reference")
    population = state or start(game, batches, as_generator(rng, batches.device), scheme.parents, compute)
    require_fit(population, scheme)
    if scheme.discriminators > 1:
        raise LabError("ask and tell play against one discriminator.")
    return AskTell(population, scheme, make_toolbox(population, scheme, toolbox))
