"""WGAN: a critic with clipped weights estimates the Wasserstein distance. Arjovsky et al. 2017, algorithm 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from core_gans.adversarial import AdversarialGame
from core_gans.game import Nets
from core_gans.objectives import Objective, wasserstein
from core_gans.optimizers import RMSProp
from core_gans.penalties import clip_weights


@dataclass(frozen=True)
class WGAN(AdversarialGame):
    """RMSProp, five critic steps in a round, and every weight of the critic within [-clip, clip]."""

    name: ClassVar[str] = "wgan"
    paper: ClassVar[str] = "Arjovsky et al. 2017"

    discriminator_steps: int = 5
    clip: float = 0.01
    """Bound of the critic's weights (c)."""
    rate: float = 5e-5
    """Learning rate of RMSProp, for both players."""

    @property
    def objective(self) -> Objective:
        return wasserstein

    def optimizer(self, player: str) -> RMSProp:
        return RMSProp(self.rate)

    def after_discriminator(self, nets: Nets) -> None:
        clip_weights(nets["discriminator"], self.clip)
