"""WGAN-GP: a critic whose gradient norm is pulled towards 1. Gulrajani et al. 2017, algorithm 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from core_gans.games.adversarial import AdversarialGame
from core_gans.losses.objectives import Objective, wasserstein
from core_gans.networks.architecture import Normalisation


@dataclass(frozen=True)
class WGANGP(AdversarialGame):
    """Adam at 1e-4 with decays 0 and 0.9, five critic steps in a round, no batch normalisation in the critic."""

    name: ClassVar[str] = "wgan_gp"
    paper: ClassVar[str] = "Gulrajani et al. 2017"

    normalisation: Normalisation = "none"
    discriminator_steps: int = 5
    rate: float = 1e-4
    beta1: float = 0.0
    beta2: float = 0.9
    gradient_penalty: float = 10.0

    @property
    def objective(self) -> Objective:
        return wasserstein
