"""WGAN-GP: a critic whose gradient norm is pulled towards 1. Gulrajani et al. 2017, algorithm 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from core_gans.adversarial import AdversarialGame
from core_gans.networks.architecture import Normalisation
from core_gans.objectives import Objective, wasserstein
from core_gans.optimizers import Adam
from core_gans.penalties import gradient_penalty


@dataclass(frozen=True)
class WGANGP(AdversarialGame):
    """Adam with beta1 0, five critic steps in a round, no batch normalisation in the critic."""

    name: ClassVar[str] = "wgan_gp"
    paper: ClassVar[str] = "Gulrajani et al. 2017"

    normalisation: Normalisation = "none"
    discriminator_steps: int = 5
    penalty: float = 10.0
    """Weight of the gradient penalty (lambda)."""
    rate: float = 1e-4
    """Learning rate of Adam, for both players."""
    beta1: float = 0.0
    """Adam's first decay."""
    beta2: float = 0.9
    """Adam's second decay."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.normalisation == "batch":
            raise ValueError(
                "the gradient penalty is a statement about single samples, and batch normalisation couples them: "
                "choose --normalisation none, instance or spectral."
            )

    @property
    def objective(self) -> Objective:
        return wasserstein

    def optimizer(self, player: str) -> Adam:
        return Adam(self.rate, self.beta1, self.beta2)

    def score_loss(
        self, discriminator: nn.Module, real: Tensor, fake: Tensor, rng: torch.Generator
    ) -> dict[str, Tensor]:
        terms = super().score_loss(discriminator, real, fake, rng)
        return terms | {"gradient_penalty": self.penalty * gradient_penalty(discriminator, real, fake, rng)}
