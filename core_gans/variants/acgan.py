"""AC-GAN: the discriminator also says which class it sees. Odena et al. 2017, "Conditional Image Synthesis with
Auxiliary Classifier GANs".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core_gans.foundation.errors import LabError
from core_gans.game import Batch, Nets, Turn
from core_gans.games.adversarial import AdversarialGame
from core_gans.games.conditions import with_drawn_class
from core_gans.losses.objectives import Objective, goodfellow
from core_gans.networks import Architecture, Family
from core_gans.networks.trunk import Trunked, recogniser


@dataclass(frozen=True)
class ACGAN(AdversarialGame):
    """Source and class: the discriminator maximises L_S + L_C, the generator L_C - L_S (section 3).

    Latents are (N, latent + classes), the class one-hot behind the noise. The player ``classifier`` is a second head on
    the discriminator's trunk; real and generated examples teach it alike.
    """

    name: ClassVar[str] = "acgan"
    paper: ClassVar[str] = "Odena et al. 2017"

    classes: int = 10
    """Classes of the examples. Taken from the data by the commands."""
    class_weight: float = 1.0
    """Weight of the class's cross entropy beside the source's."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.classes < 2:
            raise LabError(f"expected at least two classes to tell apart, got {self.classes}.")
        if not self.class_weight >= 0:
            raise LabError(f"expected a weight of the class of at least 0, got {self.class_weight}.")

    @property
    def objective(self) -> Objective:
        return goodfellow("heuristic")

    def networks(self, kind: Family, architecture: Architecture) -> dict[str, nn.Module]:
        discriminator = Trunked(kind.discriminator(architecture))
        return {
            "generator": kind.generator(replace(architecture, latent=self.latent + self.classes)),
            "discriminator": discriminator,
            "classifier": recogniser(discriminator, self.shape, self.classes),
        }

    def turns(self) -> tuple[Turn, ...]:
        first, second = super().turns()
        return replace(first, players=("discriminator", "classifier")), second

    def latents(self, count: int, rng: torch.Generator, label: Tensor | None = None) -> Tensor:
        """(count, latent + classes): noise and a class, drawn uniformly where no ``label`` (count,) is given."""
        return with_drawn_class(super().latents(count, rng), self.classes, label, rng)

    def discriminator_loss(self, nets: Nets, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        if batch.label is None:
            raise LabError("AC-GAN needs a class with every example: choose data with labels.")
        latents = self.latents(len(batch.real), rng)
        with torch.no_grad():
            fake = nets["generator"](latents)
        terms = self.score_loss(nets["discriminator"], batch.real, fake, rng)
        of_real = self.class_loss(nets, batch.real, batch.label)
        return terms | {"class": of_real + self.class_loss(nets, fake, self.asked(latents))}

    def generator_loss(self, nets: Nets, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        latents = self.latents(len(batch.real), rng)
        fake = nets["generator"](latents)
        terms = {"generator": self.objective.generator(nets["discriminator"](fake))}
        return terms | {"generator_class": self.class_loss(nets, fake, self.asked(latents))}

    @property
    def askable_classes(self) -> int:
        return self.classes

    def asked(self, latents: Tensor) -> Tensor:
        """The classes (N,) in ``latents``."""
        return latents[:, self.latent :].argmax(dim=1)

    def class_loss(self, nets: Nets, examples: Tensor, label: Tensor) -> Tensor:
        """The weighted cross entropy of what the classifier says of ``examples``."""
        discriminator = nets["discriminator"]
        assert isinstance(discriminator, Trunked)
        logits = nets["classifier"](discriminator.trunk(examples)).float()
        return self.class_weight * F.cross_entropy(logits, label)
