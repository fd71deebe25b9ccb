"""The plain GAN with one mutation for the generator's objective: the baseline of evolution, at equal cost.

It is what an evolution with this mutation only would be, played as a training: nothing is copied, nothing judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import ClassVar

import torch
from torch import Tensor, nn

from core_gans.data import Batches
from core_gans.foundation.errors import LabError
from core_gans.game import Batch, Nets, NoiseGame, Turn
from core_gans.losses.objectives import Objective
from core_gans.training import TrainingState, play_round, start
from egan.mutations import Mutation
from egan.population import require_evolvable


@dataclass(frozen=True)
class Alone(NoiseGame):
    """``basis`` with the loss of ``mutation`` in its generator's turn; LabError for a mutation without a loss."""

    name: ClassVar[str] = "alone"
    paper: ClassVar[str] = "Wang et al. 2019"

    basis: NoiseGame
    mutation: Mutation

    def __post_init__(self) -> None:
        if self.mutation.loss is None or self.mutation.change is not None:
            raise LabError(f"{self.mutation.name} is more than an objective, so no plain GAN has it: evolve it.")

    @property
    def objective(self) -> Objective:
        return self.basis.objective

    def players(self) -> dict[str, nn.Module]:
        return self.basis.players()

    def turns(self) -> tuple[Turn, ...]:
        return tuple(
            replace(turn, loss=self.generator_loss) if turn.players == ("generator",) else turn
            for turn in self.basis.turns()
        )

    def generator_loss(self, nets: Nets, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        """The mutation's loss of as many fakes as there are real examples."""
        scores = nets["discriminator"](nets["generator"](self.latents(len(batch.real), rng)))
        assert self.mutation.loss is not None
        real = (nets["discriminator"](self.with_condition(batch)),) if self.mutation.relative else ()
        return {"generator": self.mutation.loss(scores, *real)}

    def score_loss(
        self, discriminator: nn.Module, real: Tensor, fake: Tensor, rng: torch.Generator
    ) -> dict[str, Tensor]:
        return self.basis.score_loss(discriminator, real, fake, rng)

    def latents(self, count: int, rng: torch.Generator, label: Tensor | None = None) -> Tensor:
        return self.basis.latents(count, rng, label)

    def with_condition(self, batch: Batch) -> Tensor:
        return self.basis.with_condition(batch)

    def begin_round(self, nets: Nets, progress: float) -> None:
        self.basis.begin_round(nets, progress)


@dataclass
class Plain(TrainingState):
    """A training whose rounds are of one of several games on the same players; chance chooses where there are more."""

    games: tuple[Alone, ...] = ()
    winners: list[str] = field(default_factory=list)
    """The mutation of each round."""


def begin(game: NoiseGame, batches: Batches, rng: torch.Generator, mutations: Sequence[Mutation]) -> Plain:
    """Fresh players of ``game``; LabError for one that could not be evolved, either."""
    games = tuple(Alone(require_evolvable(game), mutation) for mutation in mutations)
    state = start(games[0], batches, rng)
    return Plain(**{each.name: getattr(state, each.name) for each in fields(TrainingState)}, games=games)


def play(state: Plain) -> None:
    """One round; without chance of the run's own where there is nothing to draw."""
    drawn = int(torch.randint(len(state.games), (), generator=state.rng)) if len(state.games) > 1 else 0
    state.game = state.games[drawn]
    state.terms = play_round(state)
    state.winners.append(state.games[drawn].mutation.name)
