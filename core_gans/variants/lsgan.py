"""LSGAN: least squares instead of the logistic loss. Mao et al. 2017, equation 2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from core_gans.adversarial import AdversarialGame
from core_gans.objectives import Objective, least_squares
from core_gans.optimizers import Adam


@dataclass(frozen=True)
class LSGAN(AdversarialGame):
    """Targets a for fakes, b for reals and c for what the generator wants the fakes to score."""

    name: ClassVar[str] = "lsgan"
    paper: ClassVar[str] = "Mao et al. 2017"

    a: float = 0.0
    """Target of fakes; (a, b, c) = (0, 1, 1) is the paper's equation 9."""
    b: float = 1.0
    """Target of reals; (-1, 1, 0) minimises the Pearson chi2 divergence (equation 8)."""
    c: float = 1.0
    """The score that the generator aims at."""
    rate: float = 2e-4
    """Learning rate of Adam, for both players."""
    beta1: float = 0.5
    """Adam's first decay."""

    @property
    def objective(self) -> Objective:
        return least_squares(self.a, self.b, self.c)

    def optimizer(self, player: str) -> Adam:
        return Adam(self.rate, self.beta1)
