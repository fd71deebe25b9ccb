"""LAPGAN: a GAN for each level of a Laplacian pyramid. Denton et al. 2015, "Deep Generative Image Models using a
Laplacian Pyramid of Adversarial Networks".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from core_gans.foundation.errors import LabError
from core_gans.game import Batch, Nets
from core_gans.games.adversarial import AdversarialGame
from core_gans.losses.objectives import Objective, goodfellow
from core_gans.networks import Architecture, Family
from core_gans.networks.architecture import Normalisation
from core_gans.networks.blocks import SHORTEST
from core_gans.networks.pyramid import PyramidDiscriminator, PyramidGenerator, halvings, noise_of, side_shapes, up

DOUBLING = ("dcgan", "autoencoder", "resnet", "r3gan")  # families that draw nothing smaller than 16 pixels


@dataclass(frozen=True)
class LAPGAN(AdversarialGame):
    """The logistic game at each level: of the smallest image, and of the detail of each larger one given the smaller.

    A level learns from the pyramids of real images alone, so no level waits for another; a sample runs through all of
    them. Adam takes the place of the paper's SGD (0.02, momentum 0.5), under which the details of small images diverge
    here. Points, and images that cannot be halved, have no pyramid: the game is then that of the coarsest level.
    """

    name: ClassVar[str] = "lapgan"
    paper: ClassVar[str] = "Denton et al. 2015"

    family: str = "maxout"
    """Network family of the coarsest level. The others are convolutions, with ``width`` channels in each layer."""
    coarsest: int = 8
    """Side in pixels at which the pyramid ends; 16 where the family draws nothing smaller (dcgan and others)."""
    prior: Literal["normal", "uniform"] = "uniform"
    normalisation: Normalisation = "none"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.coarsest < 1:
            raise LabError(f"expected a coarsest level of at least 1 pixel a side, got {self.coarsest}.")
        if self.counts_steps:
            raise LabError("lapgan pays its penalties alike in each step: leave penalty_every and penalty_end alone.")
        if self.augment:
            raise LabError(
                "lapgan's discriminators see the details of a pyramid, which changes of the whole image do not fit: "
                "leave --augment out, or choose another variant."
            )

    @property
    def objective(self) -> Objective:
        return goodfellow("heuristic")

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """The shapes of the pyramid's images, the largest first."""
        smallest = SHORTEST if self.family in DOUBLING else self.coarsest
        return side_shapes(self.shape, smallest)

    def networks(self, kind: Family, architecture: Architecture) -> dict[str, nn.Module]:
        if len(self.shapes) == 1:
            return super().networks(kind, architecture)
        architecture = replace(architecture, shape=self.shapes[-1])
        spectral = self.normalisation == "spectral"
        generator, discriminator = kind.generator(architecture), kind.discriminator(architecture)
        return {
            "generator": PyramidGenerator(generator, self.latent, self.shapes, self.width),
            "discriminator": PyramidDiscriminator(discriminator, self.shapes, self.width, spectral),
        }

    def latents(self, count: int, rng: torch.Generator, label: Tensor | None = None) -> Tensor:
        """(count, latent + a number for each pixel of each detail), the coarsest level's first."""
        noise = sum(noise_of(shape) for shape in self.shapes[:-1])
        return AdversarialGame.latents(replace(self, latent=self.latent + noise), count, rng)

    def unasked(self, latents: Tensor) -> Tensor:
        """All of it, that of the details, too."""
        return latents

    def discriminator_loss(self, nets: Nets, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        if len(self.shapes) == 1:
            return super().discriminator_loss(nets, batch, rng)
        terms: dict[str, Tensor] = {}
        for name, judge, real, fake in self.levels(nets, batch, rng):
            of_level = self.score_loss(judge, real, fake.detach(), rng)
            terms |= {f"{term}{name}": value for term, value in of_level.items()}
        return terms

    def generator_loss(self, nets: Nets, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        if len(self.shapes) == 1:
            return super().generator_loss(nets, batch, rng)
        levels = self.levels(nets, batch, rng)
        return {f"generator{name}": self.objective.generator(judge(fake)) for name, judge, _, fake in levels}

    def levels(self, nets: Nets, batch: Batch, rng: torch.Generator) -> Iterator[tuple[str, nn.Module, Tensor, Tensor]]:
        """Of each level its side, as a name (empty for the coarsest), its judge, and what that sees, real and drawn."""
        generator, discriminator = nets["generator"], nets["discriminator"]
        assert isinstance(generator, PyramidGenerator)
        assert isinstance(discriminator, PyramidDiscriminator)
        pictures = halvings(batch.real, len(self.shapes) - 1)
        coarsest, *noises = self.latents(len(batch.real), rng).split(
            [self.latent, *(noise_of(shape) for shape in self.shapes[-2::-1])], dim=1
        )
        yield "", discriminator.coarsest, pictures[-1], generator.coarsest(coarsest)
        for level, noise in zip(reversed(range(len(pictures) - 1)), noises, strict=True):
            coarse = up(pictures[level + 1])
            drawn = generator.details[level](coarse, noise.unflatten(1, (1, *coarse.shape[2:])))
            real = torch.cat((pictures[level] - coarse, coarse), dim=1)
            yield f"_{coarse.shape[2]}", discriminator.details[level], real, torch.cat((drawn, coarse), dim=1)
