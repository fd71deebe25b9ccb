"""Progressive growing: the players learn 4x4 pixels first, then twice as many at a time. Karras et al. 2018,
"Progressive Growing of GANs for Improved Quality, Stability, and Variation".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from core_gans.foundation.errors import LabError
from core_gans.game import Batch, Nets
from core_gans.games.adversarial import AdversarialGame
from core_gans.losses.objectives import Objective, wasserstein
from core_gans.networks.architecture import Normalisation
from core_gans.networks.growth import Growth
from core_gans.networks.progressive import enlarged, reduced

STAGE_ROUNDS = 300  # of a run that is bounded in seconds, so that nobody knows its share


@dataclass(frozen=True)
class ProGAN(AdversarialGame):
    """WGAN-GP with a drift term, one critic step in a round, on the progressive family.

    A stage fades in for its first rounds and is whole for the rest; the first is whole from the start. What has grown
    stays grown, also in a run that is resumed for longer. Families that do not grow play the same game without it.
    The generator's first, dense layer has a bias for each of its 4x4 places, where the authors' code has one a channel:
    a little freer, and checkpoints hold them.
    """

    name: ClassVar[str] = "progan"
    paper: ClassVar[str] = "Karras et al. 2018"

    family: str = "progressive"
    """Network family: progressive (square images, sides that are powers of two from 4), or one that does not grow."""
    latent: int = 512
    width: int = 16
    """Channels of the progressive family at full size; each half of it has twice as many, up to 512."""
    normalisation: Normalisation = "none"
    rate: float = 1e-3
    beta1: float = 0.0
    beta2: float = 0.99
    gradient_penalty: float = 10.0
    drift: float = 1e-3
    """Weight of E D(x)^2, which keeps the scores near zero (epsilon_drift)."""
    growing: float = 0.6
    """Share of the run's rounds after which the last stage begins to fade in; the stages before share them evenly.

    At 32 pixels, 0.6 lets it be whole from 0.7 of the run on; with 1 it never begins."""
    stage_rounds: int = 0
    """Rounds that one stage takes, instead of shares of the run; 300 where the run has no length in rounds."""
    fading: float = 0.5
    """Share of a stage's rounds in which it fades in."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.drift >= 0:
            raise LabError(f"expected a drift of at least 0, got {self.drift}.")
        if not (0 < self.growing <= 1 and 0 <= self.fading <= 1):
            raise LabError(
                f"expected shares growing in (0, 1] and fading in [0, 1], got {self.growing}, {self.fading}."
            )
        if self.stage_rounds < 0:
            raise LabError(f"expected stage_rounds of at least 0, got {self.stage_rounds}.")

    @property
    def objective(self) -> Objective:
        return drifting(self.drift)

    def begin_round(self, nets: Nets, progress: float) -> None:
        """Set how far the players have grown."""
        for growth in growths(nets):
            rounds = int(growth.rounds)
            if self.stage_rounds or (rounds and progress == 0):
                stages = rounds / (self.stage_rounds or STAGE_ROUNDS)
            else:
                stages = progress / self.growing * (growth.stages - 1)
            place = self.place(stages, growth.stages)
            growth.set(*(max(place, (int(growth.stage), growth.alpha)) if rounds else place))
            growth.rounds += 1

    def place(self, passed: float, stages: int) -> tuple[int, float]:
        """Stage and alpha after ``passed`` stages' worth of rounds, for networks of ``stages`` stages."""
        stage = min(int(passed), stages - 1)
        since = passed - stage
        if stage == 0 or since >= self.fading:
            return stage, 1.0
        return stage, since / self.fading

    def observe(self, nets: Nets) -> dict[str, float]:
        """The side of the images that are learned, in pixels, and alpha."""
        return next(({"side": float(each.side), "alpha": each.alpha} for each in growths(nets)), {})

    def discriminator_loss(self, nets: Nets, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        """While a stage fades in, real examples are as coarse as generated ones (figure 2)."""
        return super().discriminator_loss(nets, replace(batch, real=as_coarse(batch.real, nets)), rng)


def drifting(weight: float) -> Objective:
    """WGAN's objective, and ``weight`` times the mean square of the real scores. Karras et al. 2018, appendix A.1."""
    return Objective(
        name="drifting wasserstein",
        discriminator=lambda real, fake: wasserstein.discriminator(real, fake) + weight * real.square().mean(),
        generator=wasserstein.generator,
        regularised=True,
    )


def growths(nets: Nets) -> list[Growth]:
    """How far each player that grows has grown."""
    return [module for net in nets.values() for module in net.modules() if isinstance(module, Growth)]


def as_coarse(real: Tensor, nets: Nets) -> Tensor:
    """Real images (N, C, S, S) with alpha of the detail of the newest stage; themselves where nothing fades."""
    for growth in growths(nets)[:1]:
        if growth.alpha < 1:
            pixel = 2 ** (growth.stages - 1 - int(growth.stage))  # of the newest stage, in pixels of the data
            return enlarged(reduced(real, 2 * pixel), 2 * pixel).lerp(real, growth.alpha)
    return real
