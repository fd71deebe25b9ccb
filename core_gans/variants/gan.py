"""GAN: the original two-player game, on fully connected networks. Goodfellow et al. 2014, algorithm 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from core_gans.adversarial import AdversarialGame
from core_gans.networks.architecture import Normalisation
from core_gans.objectives import Objective, heuristic, minimax
from core_gans.optimizers import Adam


@dataclass(frozen=True)
class GAN(AdversarialGame):
    """Logistic loss; the generator minimises the heuristic (-log D) or the minimax objective (log(1 - D))."""

    name: ClassVar[str] = "gan"
    paper: ClassVar[str] = "Goodfellow et al. 2014"

    family: str = "mlp"
    width: int = 128
    normalisation: Normalisation = "none"
    generator_objective: Literal["heuristic", "minimax"] = "heuristic"
    """heuristic keeps its gradient when the discriminator wins; minimax is the paper's equation 1."""
    rate: float = 2e-4
    """Learning rate of Adam, for both players (DCGAN's; the paper used momentum)."""
    beta1: float = 0.5
    """Adam's first decay."""

    @property
    def objective(self) -> Objective:
        return heuristic if self.generator_objective == "heuristic" else minimax

    def optimizer(self, player: str) -> Adam:
        return Adam(self.rate, self.beta1)
