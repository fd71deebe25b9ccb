"""StarGAN: one generator for all domains, and for several labelled data sets at once. Choi et al. 2018, "StarGAN:
Unified Generative Adversarial Networks for Multi-Domain Image-to-Image Translation".
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core_gans.foundation.errors import LabError
from core_gans.game import Batch, Nets
from core_gans.games.conditions import one_hot, with_class
from core_gans.games.translators import Translator
from core_gans.losses.objectives import wasserstein
from core_gans.losses.penalties import gradient_penalty
from core_gans.networks.residual import ResidualTranslator
from core_gans.networks.unet import Norm

SLOPE = 0.01


class StarJudge(nn.Module):
    """A trunk of strided 4x4 convolutions with two ends: whether an image is real, and which domain it shows."""

    def __init__(self, shape: tuple[int, ...], domains: int, width: int, layers: int) -> None:
        super().__init__()
        colours, height, columns = shape
        blocks: OrderedDict[str, nn.Module] = OrderedDict()
        inputs = colours
        for layer in range(layers):
            outputs = width << layer
            blocks[f"block{layer + 1}"] = nn.Sequential(nn.Conv2d(inputs, outputs, 4, 2, 1), nn.LeakyReLU(SLOPE))
            inputs = outputs
        self.trunk = nn.Sequential(blocks)
        self.source = nn.Conv2d(inputs, 1, 3, padding=1)
        self.domain = nn.Conv2d(inputs, domains, (height >> layers, columns >> layers))

    def forward(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) to scores (N,), the mean over their patches."""
        return self.both(images)[0]

    def both(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """The scores (N,), and logits (N, K) of the domains."""
        seen = self.trunk(images)
        return self.source(seen).mean((1, 2, 3)), self.domain(seen).flatten(1)


@dataclass(frozen=True)
class StarGAN(Translator):
    """WGAN-GP, the cross entropy of the domain, and the L1 error of the way back (equations 1 to 6).

    The generator sees the image beside planes of the domain asked for. Where several data sets are learned at once,
    ``groups`` says how many of the domains each of them labels: the domain's one-hot vector is followed by a mask
    vector, which says whose label it is (section 3.2), and images are classified among the domains of their own set.
    """

    name: ClassVar[str] = "stargan"
    paper: ClassVar[str] = "Choi et al. 2018"
    learns_from: ClassVar[Literal["pairs", "domains", "labels"]] = "labels"

    domains: tuple[str, ...] = ("first", "second")
    """Names of the domains. Taken from the data by the commands."""
    groups: tuple[int, ...] = ()
    """Domains of each data set, in their order; none for one data set. Taken from the data by the commands."""
    classification: float = 1.0
    """Weight of the domain's cross entropy (lambda_cls)."""
    reconstruction: float = 10.0
    """Weight of the way there and back (lambda_rec)."""
    gradient_penalty: float = 10.0
    """Weight of the gradient penalty (lambda_gp)."""
    blocks: int = 6
    """Residual blocks of the generator."""
    halvings: int = 2
    """Halvings of the image on the way to these blocks; fewer keep more of small images."""
    resampling_kernel: Literal[3, 4] = 3
    """Side of the kernels that halve and double: 3, as in CycleGAN's translator, or 4, as in the paper (table 4), which
    computes almost twice as much there."""
    layers: int = 0
    """Strided layers of the discriminator; 0 for as many as leave two pixels of the shorter side."""
    normalisation: Norm = "instance"
    """Of the generator: batch, instance or none; the discriminator has none."""
    discriminator_steps: int = 5
    rate: float = 1e-4

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require_weights("classification", "reconstruction", "gradient_penalty", "blocks", "halvings", "layers")
        if len(self.domains) < 2:
            raise LabError(f"expected at least two domains to translate between, got {len(self.domains)}.")
        if self.groups and sum(self.groups) != len(self.domains):
            raise LabError(
                f"expected groups that are the {len(self.domains)} domains together, got {sum(self.groups)} in "
                f"{self.groups}."
            )

    @property
    def targets(self) -> tuple[str, ...]:
        return self.domains

    @property
    def sizes(self) -> tuple[int, ...]:
        """Domains of each data set."""
        return self.groups or (len(self.domains),)

    def players(self) -> dict[str, nn.Module]:
        side = min(self.shape[1:])
        layers = self.layers or max(1, side.bit_length() - 2)
        if side >> layers < 1:
            raise LabError(
                f"expected at most {side.bit_length() - 1} layers for images of {side} pixels, got {layers}."
            )
        told = len(self.domains) + (len(self.sizes) if len(self.sizes) > 1 else 0)
        generator = ResidualTranslator(
            self.colours,
            self.colours,
            self.width,
            self.blocks,
            self.halvings,
            self.normalisation,
            told,
            self.resampling_kernel,
        )
        return {
            "generator": generator,
            "discriminator": StarJudge(self.shape, len(self.domains), self.width, layers),
        }

    def group_of(self, label: Tensor) -> Tensor:
        """The data set (N,) whose domains the labels (N,) are."""
        ends = torch.tensor(self.sizes, device=label.device).cumsum(0)
        return torch.bucketize(label, ends, right=True)

    def told(self, label: Tensor) -> Tensor:
        """Labels (N,) as rows: one-hot among all domains, and behind it the mask vector, if there are several sets."""
        rows = one_hot(label, len(self.domains))
        if len(self.sizes) == 1:
            return rows
        return torch.cat((rows, one_hot(self.group_of(label), len(self.sizes))), dim=1)

    def asked(self, label: Tensor, rng: torch.Generator) -> Tensor:
        """A domain for each image, drawn evenly from those of its own set."""
        sizes = torch.tensor(self.sizes, device=label.device)
        group = self.group_of(label)
        begin = (sizes.cumsum(0) - sizes)[group]
        share = torch.rand(len(label), generator=rng, device=rng.device).to(label.device)
        return begin + (share * sizes[group]).long()

    def class_loss(self, logits: Tensor, label: Tensor) -> Tensor:
        """Cross entropy of the labels among the domains of their own set."""
        every = torch.arange(len(self.domains), device=label.device)
        others = self.group_of(label)[:, None] != self.group_of(every)[None]
        return F.cross_entropy(logits.float().masked_fill(others, -torch.inf), label)

    def discriminator_loss(self, nets: Nets, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        label = self._labels(batch)
        judge = self._judge(nets)
        with torch.no_grad():
            moved = self._move(nets["generator"], batch.real, self.asked(label, rng))
        scores, logits = judge.both(batch.real)
        terms = {
            "discriminator": wasserstein.discriminator(scores, judge(moved)),
            "class": self.classification * self.class_loss(logits, label),
        }
        if self.gradient_penalty:
            penalty = gradient_penalty(judge, batch.real, moved, rng)
            terms["gradient_penalty"] = self.gradient_penalty * penalty
        return terms

    def generator_loss(self, nets: Nets, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        label = self._labels(batch)
        asked = self.asked(label, rng)
        moved = self._move(nets["generator"], batch.real, asked)
        back = self._move(nets["generator"], moved, label)
        scores, logits = self._judge(nets).both(moved)
        return {
            "generator": wasserstein.generator(scores),
            "generator_class": self.classification * self.class_loss(logits, asked),
            "reconstruction": self.reconstruction * (back - batch.real).abs().float().mean(),
        }

    def answer(self, generator: nn.Module, images: Tensor, target: int) -> Tensor:
        self.require_colours(images, self.colours)
        return self._move(generator, images, torch.full((len(images),), target, device=images.device))

    def _move(self, generator: nn.Module, images: Tensor, label: Tensor) -> Tensor:
        moved: Tensor = generator(with_class(images, self.told(label)))
        return moved

    def _judge(self, nets: Nets) -> StarJudge:
        judge = nets["discriminator"]
        assert isinstance(judge, StarJudge)
        return judge

    def _labels(self, batch: Batch) -> Tensor:
        if batch.label is None:
            raise LabError("stargan needs a domain with every image: choose data with labels.")
        one_hot(batch.label, len(self.domains))  # names labels that are not there
        return batch.label
