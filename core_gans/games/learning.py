"""How the players of a game learn: their optimisers, and what of it changes over the rounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core_gans.foundation.errors import LabError
from core_gans.optimizers import SGD, Adam, Optimizer, RMSProp, Schedule, Shape


@dataclass(frozen=True)
class Learning:
    """Fields of the optimisers of a generator and a discriminator, and of what falls with their rates."""

    discriminator_steps: int = 1
    """Discriminator steps in a round (k)."""
    method: Literal["adam", "rmsprop", "sgd"] = "adam"
    """The optimiser of both players; sgd has beta1 as its momentum."""
    rate: float = 2e-4
    """Learning rate of the generator."""
    discriminator_rate: float = 0.0
    """Learning rate of the discriminator; 0 for the generator's."""
    beta1: float = 0.5
    """Adam's first decay."""
    beta2: float = 0.999
    """Adam's second decay."""
    fall_rounds: int = 0
    """Rounds over which the learning rates fall; 0 for rates that stay, -1 for the rounds of the whole run."""
    fall_to: float = 0.05
    """The share of the learning rates that is left in the end."""
    fall_power: float = 0.5
    """How they fall, as (1 - t / rounds)^power: 1 is a line, 0.5 stays high for longer."""
    fall_shape: Shape = "power"
    """power, or cosine: half a wave, which begins and ends slowly (R3GAN; Huang et al. 2024)."""
    beta2_end: float = 0.0
    """Adam's second decay when the rates have fallen, by the same curve (0.99 from 0.9 in R3GAN); 0 for one that
    stays."""

    def require_learning(self) -> None:
        """LabError for numbers by which nobody learns."""
        if self.discriminator_steps < 1:
            raise LabError(f"expected at least one discriminator step in a round, got {self.discriminator_steps}.")
        if not self.rate > 0:
            raise LabError(f"expected a learning rate above 0, got {self.rate}.")
        if not self.discriminator_rate >= 0:
            raise LabError(f"expected discriminator_rate of at least 0, got {self.discriminator_rate}.")
        if not 0 <= self.beta2_end < 1 or (self.beta2_end and self.method != "adam"):
            raise LabError(
                f"expected beta2_end in [0, 1), with the method adam alone, got {self.beta2_end} with {self.method}."
            )
        if self.fall_rounds > 0:
            self.schedule()  # refuses a fall that is none

    def optimizer(self, player: str) -> Optimizer:
        """The optimiser of ``generator`` or ``discriminator``."""
        rate = self.discriminator_rate or self.rate if player == "discriminator" else self.rate
        if self.method == "rmsprop":
            return RMSProp(rate, schedule=self.schedule())
        if self.method == "sgd":
            return SGD(rate, self.beta1, schedule=self.schedule())
        return Adam(rate, self.beta1, self.beta2, self.beta2_end or None, schedule=self.schedule())

    def schedule(self) -> Schedule:
        """How the learning rates fall; a LabError while it is not known over how many rounds."""
        if self.fall_rounds < 0:
            raise LabError("a learning rate that falls over the whole run needs its length in rounds: give --rounds.")
        if not self.fall_rounds:
            return Schedule()
        return Schedule(self.fall_rounds, self.fall_to, self.fall_power, self.fall_shape)
