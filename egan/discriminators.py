"""A discriminator that evolves, and the mutations that make its children. Chen et al. 2021 (CDE-GAN).

"CDE-GAN: cooperative dual evolution based generative adversarial network". A discriminator's mutation is one step of
its own optimiser on a discriminator's loss: the game's own, or that of another objective of the survey.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from core_gans.foundation.names import require_known
from core_gans.game import NoiseGame
from core_gans.losses import objectives
from core_gans.losses.f_divergences import NAMES
from core_gans.losses.objectives import Objective
from core_gans.optimizers import Optimizer, load_moments
from core_gans.trusted_code import is_own
from core_gans.user_code import own_objective
from egan.buffers import preserved_buffers
from egan.cloning import cloned, cloned_optimizer

OWN = "own"  # the mutation by the game's own objective


@dataclass
class Discriminator:
    """A discriminator, its optimiser, and what was measured of it when it was last judged."""

    network: nn.Module
    optimizer: torch.optim.Optimizer
    mutation: str = "founder"
    quality: float = math.nan
    diversity: float = math.nan
    fitness: float = math.nan

    @property
    def alive(self) -> bool:
        """Whether its fitness and all its weights and statistics are finite."""
        values = [value for value in self.network.state_dict().values() if value.is_floating_point()]
        return math.isfinite(self.fitness) and bool(torch.stack([value.isfinite().all() for value in values]).all())

    def child(self, optimizer: Optimizer, mutation: str) -> Discriminator:
        """A copy, moments included, which may be changed without touching this one."""
        network = cloned(self.network).requires_grad_(True)
        return Discriminator(network, cloned_optimizer(self.optimizer, optimizer, network), mutation)

    def state_dict(self) -> dict[str, Any]:
        return {"network": self.network.state_dict(), "optimizer": self.optimizer.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        load_moments(self.optimizer, state["optimizer"])


@dataclass(frozen=True)
class DiscriminatorMutation:
    """A step on the discriminator's part of ``objective``; of the game's own where there is none."""

    name: str
    objective: Objective | None = None

    def loss(
        self, game: NoiseGame, discriminator: nn.Module, real: Tensor, fake: Tensor, rng: torch.Generator
    ) -> Tensor:
        """What a child minimises on batches (N, ...): the objective's loss, and the game's penalties with any of them.

        Statistics of the discriminator move once, whichever objective it is.
        """
        if self.objective is None:
            return torch.stack(list(game.score_loss(discriminator, real, fake, rng).values())).sum()
        with preserved_buffers(discriminator):
            terms = game.score_loss(discriminator, real, fake, rng)
        terms["discriminator"] = self.objective.discriminator(discriminator(real), discriminator(fake))
        return torch.stack(list(terms.values())).sum()


own = DiscriminatorMutation(OWN)

DISCRIMINATOR_MUTATIONS: dict[str, DiscriminatorMutation] = {
    OWN: own,
    **{
        name: DiscriminatorMutation(name, objective)
        for name, objective in {
            "minimax": objectives.minimax,  # the discriminator's part of heuristic is the same
            "least_squares": objectives.least_squares_labels,
            "least_squares_pearson": objectives.least_squares_pearson,
            "wasserstein": objectives.wasserstein,
            "hinge": objectives.hinge,
            "relativistic_average": objectives.relativistic_average,
            "relativistic_paired": objectives.relativistic_paired,
            **{objective.name: objective for objective in map(objectives.f_divergence, NAMES)},
        }.items()
    },
}

OWN_AND_LEAST_SQUARES = (own, DISCRIMINATOR_MUTATIONS["least_squares"])


def discriminator_mutation(name: str) -> DiscriminatorMutation:
    """The discriminator's mutation called ``name``, or a step on one's own objective ``module:name``.

    A ValueError lists the nearest names.
    """
    if is_own(name):
        return DiscriminatorMutation(name, own_objective(name))
    return DISCRIMINATOR_MUTATIONS[require_known("mutation of discriminators", name, DISCRIMINATOR_MUTATIONS)]
