"""The game in which a generated example must lose against a real one by a margin that grows with their distance.

Qi 2020, "Loss-Sensitive Generative Adversarial Networks on Lipschitz Densities". LS-GAN and GLS-GAN are its two
variants; the loss L of the paper is minus the score.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from core_gans.foundation.errors import LabError
from core_gans.games.adversarial import AdversarialGame
from core_gans.losses.objectives import Objective, loss_sensitive


@dataclass(frozen=True)
class LossSensitiveGame(AdversarialGame):
    """A pair of a real and a generated example has the margin tau |x - G(z)|_1, summed over all numbers of both."""

    tau: float = 0.002
    """Margin for each unit of L1 distance (2 is the whole range of a pixel)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.tau >= 0:
            raise LabError(f"expected a tau of at least 0, got {self.tau}: margins are distances.")

    @property
    def slope(self) -> float:
        """v: the cost's slope where the margin is kept."""
        return 0.0

    @property
    def weight(self) -> float:
        """mu: the weight of the real examples' own loss."""
        return 0.0

    @property
    def objective(self) -> Objective:
        """The objective without margins, for whoever has scores alone."""
        return loss_sensitive(0.0, self.slope, self.weight)

    def objective_term(self, discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
        margin = self.tau * (real - fake.to(real.dtype)).abs().flatten(1).sum(dim=1)  # (N,)
        objective = loss_sensitive(margin, self.slope, self.weight)
        return objective.discriminator(discriminator(real), discriminator(fake))
