"""The game of two players that most variants are: a generator, a discriminator and an objective."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from core_gans.errors import LabError
from core_gans.game import Batch, Nets, NoiseGame, Turn, nothing
from core_gans.networks import Architecture, family
from core_gans.networks.architecture import Normalisation, Upsampling
from core_gans.optimizers import Optimizer


@dataclass(frozen=True)
class AdversarialGame(NoiseGame):
    """A generator against a discriminator; a variant adds its objective and its optimisers."""

    shape: tuple[int, ...] = (1, 32, 32)
    """One example: (C, H, W) of an image or (D,) of a point. Taken from the data by the commands."""
    family: str = "dcgan"
    """Network family: dcgan (images of side 16 to 128) or mlp (points, small images)."""
    latent: int = 100
    """Numbers in one latent."""
    prior: Literal["normal", "uniform"] = "normal"
    """Latents from N(0, 1) or from U(-1, 1)."""
    width: int = 64
    """Channels of dcgan's widest image, or units of each hidden layer of mlp."""
    depth: int = 3
    """Hidden layers of mlp."""
    channels: tuple[int, ...] = ()
    """Generator channels from the 4x4 block upwards, instead of ``width``."""
    discriminator_channels: tuple[int, ...] = ()
    """Discriminator channels from the image downwards, instead of ``width``."""
    upsampling: Upsampling = "transpose"
    """transpose (DCGAN's strided transposed convolutions) or resize (resize and convolve: no checkerboard)."""
    normalisation: Normalisation = "batch"
    """Of the discriminator: batch, instance, spectral or none."""
    discriminator_steps: int = 1
    """Discriminator steps in a round (k)."""

    def __post_init__(self) -> None:
        if self.discriminator_steps < 1:
            raise LabError(f"expected at least one discriminator step in a round, got {self.discriminator_steps}.")

    @abstractmethod
    def optimizer(self, player: str) -> Optimizer:
        """The optimiser of ``generator`` or ``discriminator``."""

    def players(self) -> dict[str, nn.Module]:
        names = Architecture.__dataclass_fields__
        architecture = Architecture(**{name: getattr(self, name) for name in names})
        kind = family(self.family)
        return {"generator": kind.generator(architecture), "discriminator": kind.discriminator(architecture)}

    def turns(self) -> tuple[Turn, ...]:
        return (
            Turn(
                players=("discriminator",),
                loss=self.discriminator_loss,
                optimizer=self.optimizer("discriminator"),
                times=self.discriminator_steps,
                after=self.after_discriminator,
            ),
            Turn(players=("generator",), loss=self.generator_loss, optimizer=self.optimizer("generator")),
        )

    def latents(self, count: int, rng: torch.Generator, label: Tensor | None = None) -> Tensor:
        """(count, latent), on the device of ``rng``."""
        if self.prior == "uniform":
            return torch.rand(count, self.latent, generator=rng, device=rng.device) * 2 - 1
        return torch.randn(count, self.latent, generator=rng, device=rng.device)

    def discriminator_loss(self, nets: Nets, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        with torch.no_grad():
            fake = nets["generator"](self.latents(len(batch.real), rng))
        return self.score_loss(nets["discriminator"], batch.real, fake, rng)

    def score_loss(
        self, discriminator: nn.Module, real: Tensor, fake: Tensor, rng: torch.Generator
    ) -> dict[str, Tensor]:
        del rng
        return {"discriminator": self.objective.discriminator(discriminator(real), discriminator(fake))}

    def generator_loss(self, nets: Nets, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        fake = nets["generator"](self.latents(len(batch.real), rng))
        return {"generator": self.objective.generator(nets["discriminator"](fake))}

    def after_discriminator(self, nets: Nets) -> None:
        """What is done after each discriminator step (WGAN clips); most variants do nothing."""
        nothing(nets)
