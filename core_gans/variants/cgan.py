"""cGAN: both players know the class. Mirza and Osindero 2014, "Conditional Generative Adversarial Nets"."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from core_gans.foundation.errors import LabError
from core_gans.game import Batch
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


@dataclass(frozen=True)
class CGAN(AdversarialGame):
    """The logistic game of DCGAN in which a class is drawn with every latent, and shown to the discriminator.

    Latents are (N, latent + classes), the class one-hot behind the noise. ``sample(..., label=...)`` asks for classes.
    """

    name: ClassVar[str] = "cgan"
    paper: ClassVar[str] = "Mirza and Osindero 2014"

    classes: int = 10
    """Classes of the examples. Taken from the data by the commands."""
    prior: Literal["normal", "uniform"] = "uniform"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.classes < 1:
            raise LabError(f"expected at least one class, got {self.classes}.")

    @property
    def objective(self) -> Objective:
        return goodfellow("heuristic")

    def networks(self, kind: Family, architecture: Architecture) -> dict[str, nn.Module]:
        shown = (self.shape[0] + self.classes, *self.shape[1:])
        generator = kind.generator(replace(architecture, latent=self.latent + self.classes))
        discriminator = kind.discriminator(replace(architecture, shape=shown))
        return {
            "generator": ConditionalGenerator(generator, self.classes),
            "discriminator": ConditionalDiscriminator(discriminator, self.classes),
        }

    def latents(self, count: int, rng: torch.Generator, label: Tensor | None = None) -> Tensor:
        """(count, latent + classes): noise and a class, drawn uniformly where no ``label`` (count,) is given."""
        return with_drawn_class(super().latents(count, rng), self.classes, label, rng)

    @property
    def askable_classes(self) -> int:
        return self.classes

    def asked(self, latents: Tensor) -> Tensor:
        """The classes (N,) in ``latents``."""
        return latents[:, self.latent :].argmax(dim=1)

    def with_condition(self, batch: Batch) -> Tensor:
        """The real examples with their classes; a LabError where there are none."""
        if batch.label is None:
            raise LabError("a conditional game needs a class with every example: choose data with labels.")
        return with_class(batch.real, one_hot(batch.label, self.classes))

    def without_condition(self, shown: Tensor) -> Tensor:
        return shown[:, : self.shape[0]]

    def latents_for(self, batch: Batch, rng: torch.Generator) -> Tensor:
        """The batch's own classes, so that a penalty between a real and a generated example stays in one class."""
        return self.latents(len(batch.real), rng, batch.label)
