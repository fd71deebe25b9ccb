"""Semi-supervised GAN: a classifier with K + 1 classes. Salimans et al. 2016, "Improved Techniques for Training GANs".

A classifier of K classes is a discriminator, too: with Z = sum of exp(logits), D = Z / (Z + 1), so the logit of "real"
is log Z (section 5). The generator matches the mean features of real examples (section 3.1). Gaussian noise on the
inputs and the layers of the discriminator, as in the authors' code, keeps it from memorising the few labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from core_gans.data.few_labels import UNKNOWN
from core_gans.foundation.errors import LabError
from core_gans.game import Batch, Nets
from core_gans.games.adversarial import AdversarialGame
from core_gans.losses.objectives import Objective, goodfellow
from core_gans.networks import Architecture, Family
from core_gans.networks.architecture import Normalisation
from core_gans.networks.noise import noisy
from core_gans.networks.trunk import Trunked
from core_gans.techniques.feature_matching import feature_matching


class ClassifyingDiscriminator(nn.Module):
    """Examples to the logit (N,) of "real", log sum exp of the logits (N, K) of the classes."""

    def __init__(self, trunk: nn.Module, classes: nn.Module) -> None:
        super().__init__()
        self.trunk, self.classes = trunk, classes

    def forward(self, examples: Tensor) -> Tensor:
        return self.logits(examples).logsumexp(dim=1)

    def features(self, examples: Tensor) -> Tensor:
        """The trunk's features (N, F)."""
        found: Tensor = self.trunk(examples)
        return found.flatten(1)

    def logits(self, examples: Tensor) -> Tensor:
        """The classes' logits (N, K)."""
        said: Tensor = self.classes(self.features(examples))
        return said.float()


@dataclass(frozen=True)
class SemiSupervised(AdversarialGame):
    """A classifier that learns from few labels and from what is generated.

    Examples whose label is -1 count as unlabelled (``data.few_labels``). ``feature_matching`` 0 lets the generator play
    the heuristic objective instead.
    """

    name: ClassVar[str] = "semi_supervised"
    paper: ClassVar[str] = "Salimans et al. 2016"
    scores_suffice: ClassVar[bool] = False

    normalisation: Normalisation = "none"
    classes: int = 10
    """Classes of the examples. Taken from the data by the commands."""
    supervision: float = 1.0
    """Weight of the labelled examples' cross entropy."""
    feature_matching: float = 1.0
    """Weight of |E f(x) - E f(G(z))|^2, a mean over features; 0 for the heuristic objective in its place."""
    noise: float = 0.3
    """Standard deviation of the noise on what the discriminator sees."""
    layer_noise: float = 0.5
    """The same on what each of its layers finds."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.classes < 2:
            raise LabError(f"expected at least two classes to tell apart, got {self.classes}.")
        if not min(self.noise, self.layer_noise) >= 0:
            raise LabError(f"expected noise of at least 0, got {self.noise} and {self.layer_noise}.")

    @property
    def objective(self) -> Objective:
        return goodfellow("heuristic")

    def networks(self, kind: Family, architecture: Architecture) -> dict[str, nn.Module]:
        trunk = Trunked(kind.discriminator(architecture)).trunk
        with torch.no_grad():
            features = trunk.eval()(torch.zeros(1, *self.shape)).numel()
        logits = nn.Linear(features, self.classes)
        classes = spectral_norm(logits) if self.normalisation == "spectral" else logits
        return {
            "generator": kind.generator(architecture),
            "discriminator": ClassifyingDiscriminator(noisy(trunk.train(), self.noise, self.layer_noise), classes),
        }

    def discriminator_loss(self, nets: Nets, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        if batch.label is None:
            raise LabError("semi-supervised learning needs some labels: choose data with labels.")
        terms = super().discriminator_loss(nets, batch, rng)
        known = batch.label != UNKNOWN
        if bool(known.any()):
            logits = classifying(nets).logits(batch.real[known])
            terms["supervised"] = self.supervision * F.cross_entropy(logits, batch.label[known])
        return terms

    def generator_loss(self, nets: Nets, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        if not self.feature_matching:
            return super().generator_loss(nets, batch, rng)
        discriminator = classifying(nets)
        fake = nets["generator"](self.latents(len(batch.real), rng))
        with torch.no_grad():
            wanted = discriminator.features(batch.real)
        return {"generator": self.feature_matching * feature_matching(wanted, discriminator.features(fake))}


def classifying(nets: Nets) -> ClassifyingDiscriminator:
    """The discriminator, which says classes too."""
    discriminator = nets["discriminator"]
    assert isinstance(discriminator, ClassifyingDiscriminator)
    return discriminator
