"""DCGAN: the convolutional networks on which objectives are compared. Radford et al. 2016."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from core_gans.adversarial import AdversarialGame
from core_gans.objectives import Objective, heuristic
from core_gans.optimizers import Adam


@dataclass(frozen=True)
class DCGAN(AdversarialGame):
    """The heuristic objective with Adam at 2e-4 and beta1 0.5, initialised from N(0, 0.02)."""

    name: ClassVar[str] = "dcgan"
    paper: ClassVar[str] = "Radford et al. 2016"

    rate: float = 2e-4
    """Learning rate of Adam, for both players."""
    beta1: float = 0.5
    """Adam's first decay."""

    @property
    def objective(self) -> Objective:
        return heuristic

    def optimizer(self, player: str) -> Adam:
        return Adam(self.rate, self.beta1)
