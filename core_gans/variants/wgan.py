"""WGAN: a critic with clipped weights estimates the Wasserstein distance. Arjovsky et al. 2017, algorithm 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from core_gans.games.adversarial import AdversarialGame
from core_gans.losses.objectives import Objective, wasserstein


@dataclass(frozen=True)
class WGAN(AdversarialGame):
    """RMSProp at 5e-5, five critic steps in a round, and every weight of the critic within 0.01."""

    name: ClassVar[str] = "wgan"
    paper: ClassVar[str] = "Arjovsky et al. 2017"

    discriminator_steps: int = 5
    method: Literal["adam", "rmsprop", "sgd"] = "rmsprop"
    rate: float = 5e-5
    clip: float = 0.01

    @property
    def objective(self) -> Objective:
        return wasserstein
