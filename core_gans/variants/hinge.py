"""Hinge: only scores within a margin count for the discriminator. Lim & Ye 2017; Miyato et al. 2018, equation 16."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from core_gans.games.adversarial import AdversarialGame
from core_gans.losses.objectives import Objective, hinge
from core_gans.networks.architecture import Normalisation


@dataclass(frozen=True)
class Hinge(AdversarialGame):
    """With spectral normalisation and Miyato's numbers: Adam at 2e-4 with decays 0 and 0.9, five steps in a round."""

    name: ClassVar[str] = "hinge"
    paper: ClassVar[str] = "Lim & Ye 2017"

    normalisation: Normalisation = "spectral"
    discriminator_steps: int = 5
    beta1: float = 0.0
    beta2: float = 0.9

    @property
    def objective(self) -> Objective:
        return hinge
