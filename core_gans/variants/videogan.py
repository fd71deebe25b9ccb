"""VGAN: films of a moving foreground before a still background. Vondrick, Pirsiavash & Torralba 2016, "Generating
Videos with Scene Dynamics".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from core_gans.foundation.errors import LabError
from core_gans.game import Batch, Kind, Nets
from core_gans.games.adversarial import AdversarialGame
from core_gans.games.conditions import (
    ConditionalDiscriminator,
    ConditionalGenerator,
    one_hot,
    with_class,
    with_drawn_class,
)
from core_gans.losses.objectives import Objective, goodfellow
from core_gans.networks import Architecture, Family
from core_gans.networks.films import FilmDiscriminator, FilmGenerator


@dataclass(frozen=True)
class VideoGAN(AdversarialGame):
    """The logistic game on films ``m F + (1 - m) B``, whose mask m pays for every place that moves (equations 1 to 3).

    Of 32 frames of 64x64 pixels and a width of 64 the networks are the paper's; fewer frames and smaller pictures leave
    out doublings. ``sparsity`` weighs the mean of m. Fields of other families (depth, upsampling, code, energy) are of
    no use here.
    """

    name: ClassVar[str] = "videogan"
    paper: ClassVar[str] = "Vondrick et al. 2016"
    beside_scores: ClassVar[tuple[str, ...]] = ("sparsity",)
    takes: ClassVar[tuple[Kind, ...]] = ("clips",)
    usual_data: ClassVar[str] = "moving_digits"

    shape: tuple[int, ...] = (1, 8, 32, 32)
    """One clip (C, T, H, W). Taken from the data by the commands."""
    width: int = 32
    """Channels of the largest maps (64 in the paper); twice as many at each half, at most eight times."""
    sparsity: float = 0.1
    """Weight of the mean of the mask (lambda)."""
    streams: int = 2
    """2, or 1 for the paper's one-stream network, which draws all of a film at once."""
    conditional: bool = False
    """Draw films of the class that is asked for, which the discriminator is shown."""
    classes: int = 0
    """Classes of a conditional game. Taken from the data by the commands."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.streams not in (1, 2):
            raise LabError(f"expected 1 or 2 streams, got {self.streams}.")
        if not self.sparsity >= 0:
            raise LabError(f"expected a sparsity of at least 0, got {self.sparsity}.")

    @property
    def objective(self) -> Objective:
        return goodfellow("heuristic")

    def networks(self, kind: Family, architecture: Architecture) -> dict[str, nn.Module]:
        del kind
        shown, latent = self.shape, self.latent
        if self.conditional:
            if self.classes < 1:
                raise LabError(f"expected at least one class of a conditional game, got {self.classes}.")
            shown, latent = (self.shape[0] + self.classes, *self.shape[1:]), self.latent + self.classes
        generator: nn.Module = FilmGenerator(self.shape, latent, architecture.width, self.streams == 2)
        discriminator: nn.Module = FilmDiscriminator(shown, architecture.width, architecture.normalisation)
        if self.conditional:
            generator = ConditionalGenerator(generator, self.classes)
            discriminator = ConditionalDiscriminator(discriminator, self.classes)
        return {"generator": generator, "discriminator": discriminator}

    def generator_loss(self, nets: Nets, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        if self.streams == 1 or not self.sparsity:
            return super().generator_loss(nets, batch, rng)
        generator = nets["generator"]
        masks: list[Tensor] = []
        kept = film_generator(generator).mask.register_forward_hook(lambda _, __, mask: masks.append(mask))
        try:
            terms = super().generator_loss(nets, batch, rng)
        finally:
            kept.remove()
        return {**terms, "mask": self.sparsity * masks[0].float().mean()}

    def latents(self, count: int, rng: torch.Generator, label: Tensor | None = None) -> Tensor:
        """(count, latent), and of a conditional game (count, latent + classes), as of ``cgan``."""
        noise = super().latents(count, rng)
        return with_drawn_class(noise, self.classes, label, rng) if self.conditional else noise

    @property
    def askable_classes(self) -> int:
        return self.classes if self.conditional else 0

    def asked(self, latents: Tensor) -> Tensor | None:
        """The classes (N,) in the latents of a conditional game."""
        return latents[:, self.latent :].argmax(dim=1) if self.conditional else None

    def with_condition(self, batch: Batch) -> Tensor:
        """The real films, of a conditional game with their classes; a LabError where there are none."""
        if not self.conditional:
            return batch.real
        if batch.label is None:
            raise LabError("a conditional game needs a class with every example: choose data with labels.")
        return with_class(batch.real, one_hot(batch.label, self.classes))

    def without_condition(self, shown: Tensor) -> Tensor:
        return shown[:, : self.shape[0]]

    def latents_for(self, batch: Batch, rng: torch.Generator) -> Tensor:
        """Latents for as many films as the batch has, of their classes where it is conditional."""
        return self.latents(len(batch.real), rng, batch.label if self.conditional else None)


def film_generator(generator: nn.Module) -> FilmGenerator:
    """The network that draws, whether or not it is conditional."""
    found = generator.net if isinstance(generator, ConditionalGenerator) else generator
    assert isinstance(found, FilmGenerator)
    return found
