"""InfoGAN: codes that can be read from the generated image. Chen et al. 2016, "InfoGAN: Interpretable Representation
Learning by Information Maximizing Generative Adversarial Nets".
"""

from __future__ import annotations

import math
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
class InfoGAN(AdversarialGame):
    """The logistic game, minus lambda times a lower bound of the information between codes and pictures.

    Latents are (N, latent + categories + codes): noise, a category one-hot, and codes from U(-1, 1). The player
    ``recogniser`` is Q, a head on the discriminator's trunk; both learn it from generated examples, as in the authors'
    code. Continuous codes have a Gaussian of variance 1 around what Q says. The authors' noise is uniform and their
    batch 128: ``--preset paper``.
    """

    name: ClassVar[str] = "infogan"
    paper: ClassVar[str] = "Chen et al. 2016"

    latent: int = 62
    rate: float = 1e-3
    discriminator_rate: float = 2e-4
    categories: int = 10
    """Values of the categorical code; 0 for none."""
    codes: int = 2
    """Continuous codes, from U(-1, 1)."""
    information: float = 1.0
    """lambda of the categorical code."""
    codes_information: float = 0.1
    """lambda of the continuous codes."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if min(self.categories, self.codes) < 0 or self.categories == 1 or self.categories + self.codes < 1:
            raise LabError(
                f"expected 0 or at least 2 categories and at least 0 codes, not none of both, got {self.categories} "
                f"and {self.codes}."
            )
        if not (self.information >= 0 and self.codes_information >= 0):
            raise LabError("expected weights of the information of at least 0.")

    @property
    def objective(self) -> Objective:
        return goodfellow("heuristic")

    def networks(self, kind: Family, architecture: Architecture) -> dict[str, nn.Module]:
        discriminator = Trunked(kind.discriminator(architecture))
        return {
            "generator": kind.generator(replace(architecture, latent=self.latent + self.categories + self.codes)),
            "discriminator": discriminator,
            "recogniser": recogniser(discriminator, self.shape, self.categories + self.codes),
        }

    def turns(self) -> tuple[Turn, ...]:
        first, second = super().turns()
        return replace(first, players=("discriminator", "recogniser")), second

    def latents(self, count: int, rng: torch.Generator, label: Tensor | None = None) -> Tensor:
        """(count, latent + categories + codes); ``label`` (count,) are categories, drawn uniformly where none are."""
        latents = super().latents(count, rng)
        if self.categories:
            latents = with_drawn_class(latents, self.categories, label, rng)
        codes = torch.rand(count, self.codes, generator=rng, device=rng.device) * 2 - 1
        return torch.cat((latents, codes), dim=1)

    @property
    def askable_classes(self) -> int:
        return self.categories

    def asked(self, latents: Tensor) -> Tensor | None:
        """The categories (N,) in ``latents``; None without any."""
        return latents[:, self.latent : self.latent + self.categories].argmax(dim=1) if self.categories else None

    def discriminator_loss(self, nets: Nets, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        latents = self.latents(len(batch.real), rng)
        with torch.no_grad():
            fake = nets["generator"](latents)
        terms = self.score_loss(nets["discriminator"], batch.real, fake, rng)
        return terms | self.information_terms(nets, trunk_of(nets)(fake), latents)

    def generator_loss(self, nets: Nets, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        discriminator = nets["discriminator"]
        assert isinstance(discriminator, Trunked)
        latents = self.latents(len(batch.real), rng)
        maps = discriminator.trunk(nets["generator"](latents))
        terms = {"generator": self.objective.generator(discriminator.judged(maps))}
        return terms | self.information_terms(nets, maps, latents)

    def information_terms(self, nets: Nets, maps: Tensor, latents: Tensor) -> dict[str, Tensor]:
        """lambda times -E log Q(c | x), without constants, for the ``latents`` of which the trunk saw ``maps``."""
        said = nets["recogniser"](maps).float()
        terms = {}
        if (category := self.asked(latents)) is not None:
            terms["category"] = self.information * F.cross_entropy(said[:, : self.categories], category)
        if self.codes:
            asked = latents[:, self.latent + self.categories :]
            half_square = 0.5 * (said[:, self.categories :] - asked).square().sum(dim=1)
            terms["codes"] = self.codes_information * half_square.mean()
        return terms

    @torch.no_grad()
    def recognised(self, nets: Nets, examples: Tensor) -> tuple[Tensor, Tensor]:
        """What Q reads off ``examples``: probabilities of the categories (N, K), and codes (N, C)."""
        was_training = {name: net.training for name, net in nets.items()}
        for net in nets.values():
            net.eval()
        said = nets["recogniser"](trunk_of(nets)(examples)).float()
        for name, net in nets.items():
            net.train(was_training[name])
        return said[:, : self.categories].softmax(dim=1), said[:, self.categories :]

    def bound(self, cross_entropy: float) -> float:
        """L_I of the category in nats, H(c) - E[-log Q(c | x)]: log(categories) when Q is always right and sure."""
        return math.log(self.categories) - cross_entropy


def trunk_of(nets: Nets) -> nn.Module:
    """The trunk on which the discriminator's and the recogniser's heads stand."""
    discriminator = nets["discriminator"]
    assert isinstance(discriminator, Trunked)
    return discriminator.trunk
