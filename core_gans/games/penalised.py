"""What a discriminator pays for its slope: every step or every few, alike in all rounds or less and less."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core_gans.foundation.errors import LabError
from core_gans.games.learning import Learning
from core_gans.losses.penalties import gradient_penalty, zero_centred

STEPS = "steps"  # the discriminator's buffer of steps taken


@dataclass(frozen=True)
class Penalised(Learning):
    """Fields of constraints and penalties of the discriminator."""

    clip: float = 0.0
    """Bound of the discriminator's weights, kept by clipping (c of WGAN); 0 for none."""
    gradient_penalty: float = 0.0
    """Weight of (|grad D| - 1)^2 between real and generated examples (lambda of WGAN-GP); 0 for none."""
    one_sided: bool = False
    """Let the gradient penalty forgive slopes below 1."""
    r1: float = 0.0
    """Weight of 1/2 |grad D|^2 at real examples (gamma of Mescheder et al. 2018); 0 for none."""
    r2: float = 0.0
    """The same at generated examples."""
    penalty_every: int = 1
    """Discriminator steps between those that pay these penalties, so many times as much (lazy regularisation; Karras et
    al. 2020, "Analyzing and Improving the Image Quality of StyleGAN", has 16); 1 for each."""
    penalty_end: float = 1.0
    """The share of R1 and R2 that is left when the rates have fallen (fall_rounds), by the same curve; 0.1 in R3GAN."""

    def require_penalties(self) -> None:
        """LabError for weights that are none."""
        for name in ("clip", "gradient_penalty", "r1", "r2", "penalty_end"):
            if not getattr(self, name) >= 0:
                raise LabError(f"expected {name} of at least 0, got {getattr(self, name)}.")
        if self.penalty_every < 1:
            raise LabError(f"expected penalty_every of at least 1 step, got {self.penalty_every}.")

    @property
    def counts_steps(self) -> bool:
        """Whether the penalties depend on how many steps were taken."""
        return self.penalty_every > 1 or self.penalty_end != 1

    def begin_counting(self, discriminator: nn.Module) -> None:
        """Let ``discriminator`` keep how many steps it took, where that is asked for."""
        if self.counts_steps:
            discriminator.register_buffer(STEPS, torch.zeros((), dtype=torch.int64))

    def count_step(self, discriminator: nn.Module) -> None:
        """After a step of the discriminator."""
        if self.counts_steps:
            discriminator.get_buffer(STEPS).add_(1)

    def penalty_terms(
        self, discriminator: nn.Module, real: Tensor, fake: Tensor, rng: torch.Generator
    ) -> dict[str, Tensor]:
        """The penalties that this step of the discriminator pays, weighted."""
        steps = int(discriminator.get_buffer(STEPS)) if self.counts_steps else 0
        if steps % self.penalty_every:
            return {}
        terms = {}
        if self.gradient_penalty:
            penalty = gradient_penalty(discriminator, real, fake, rng, one_sided=self.one_sided)
            terms["gradient_penalty"] = self.penalty_every * self.gradient_penalty * penalty
        left = self.schedule().between(1.0, self.penalty_end, steps // self.discriminator_steps)
        if self.r1:
            terms["r1"] = self.penalty_every * left * self.r1 * self.squared_slope(discriminator, real)
        if self.r2:
            terms["r2"] = self.penalty_every * left * self.r2 * self.squared_slope(discriminator, fake)
        return terms

    def squared_slope(self, discriminator: nn.Module, examples: Tensor) -> Tensor:
        """1/2 E |grad D|^2 at ``examples``, a scalar: what R1 and R2 weigh."""
        return zero_centred(discriminator, examples)
