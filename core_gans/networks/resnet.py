"""The residual family of SNGAN: pre-activation blocks, sum pooling before the score. Miyato et al. 2018, appendix B.4.

Blocks of the generator are named after the side of what they make, those of the discriminator after what they make,
too. The discriminator halves down to twice the smallest side, and two blocks there keep it, as the paper's of 32 pixels
(table 4): larger pictures have more blocks that halve.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from core_gans.foundation.errors import LabError
from core_gans.networks import heads
from core_gans.networks.architecture import Architecture, GeneratorNormalisation, Normalisation
from core_gans.networks.blocks import doubled
from core_gans.techniques.virtual_batch_norm import VirtualBatchNorm

WIDEST = 4  # times ``width``, in the smallest maps
KEEPING = 2  # blocks of the discriminator that keep the side
GAIN = math.sqrt(2)  # of the 3x3 convolutions' uniform weights, as in the authors' code; 1 elsewhere


class RisingBlock(nn.Module):
    """Maps (N, C, H, W) to (N, outputs, 2H, 2W), from pixels that are repeated."""

    def __init__(self, inputs: int, outputs: int, normalisation: GeneratorNormalisation) -> None:
        super().__init__()
        bias = normalisation == "none"
        self.first = nn.Sequential(*_normalised(inputs, normalisation), nn.ReLU())
        self.second = nn.Sequential(
            convolution(inputs, outputs, 3, bias=bias), *_normalised(outputs, normalisation), nn.ReLU()
        )
        self.third = convolution(outputs, outputs, 3)
        self.shortcut = convolution(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        changed: Tensor = self.third(self.second(F.interpolate(self.first(x), scale_factor=2.0)))
        return changed + F.interpolate(self.shortcut(x), scale_factor=2.0)


class FallingBlock(nn.Module):
    """Maps (N, C, H, W) to (N, outputs, H, W), or half the sides. The ``first`` of a network sees bare colours."""

    def __init__(
        self, inputs: int, outputs: int, normalisation: Normalisation, halves: bool, first: bool = False
    ) -> None:
        super().__init__()
        inner = outputs if first else inputs
        before = [] if first else [*_weighed(inputs, normalisation), nn.ReLU()]
        self.change = nn.Sequential(
            *before,
            weighted(convolution(inputs, inner, 3), normalisation),
            *_weighed(inner, normalisation),
            nn.ReLU(),
            weighted(convolution(inner, outputs, 3), normalisation),
        )
        joins = halves or inputs != outputs
        self.shortcut = weighted(convolution(inputs, outputs, 1), normalisation) if joins else nn.Identity()
        self.halve = nn.AvgPool2d(2) if halves else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        halved: Tensor = self.halve(self.change(x) + self.shortcut(x))
        return halved


class SumPool(nn.Module):
    """(N, C, H, W) to (N, C): the sums over all places."""

    def forward(self, x: Tensor) -> Tensor:
        return x.sum(dim=(2, 3))


def generator(architecture: Architecture) -> nn.Module:
    """Latents (N, latent) to images (N, C, H, W) in [-1, 1]."""
    image, normalisation = doubled(architecture.shape, "resnet"), architecture.generator_normalisation
    channels = _channels(architecture.channels, architecture.width, image.steps + 1, "channels")[::-1]
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    dense = nn.Linear(architecture.latent, channels[0] * image.cells)
    nn.init.xavier_uniform_(dense.weight)
    layers[f"block{image.side(0)}"] = nn.Sequential(dense, nn.Unflatten(1, (channels[0], *image.block)))
    for step, (inputs, outputs) in enumerate(pairwise(channels), start=1):
        layers[f"block{image.side(step)}"] = RisingBlock(inputs, outputs, normalisation)
    layers["rectified"] = nn.Sequential(*_normalised(channels[-1], normalisation), nn.ReLU())
    layers["image"] = convolution(channels[-1], architecture.shape[0], 3)
    layers["tanh"] = nn.Tanh()
    return nn.Sequential(layers)


def discriminator(architecture: Architecture) -> nn.Module:
    """Images (N, C, H, W) to scores (N,)."""
    image, normalisation = doubled(architecture.shape, "resnet"), architecture.normalisation
    given = architecture.discriminator_channels
    channels = _channels(given, architecture.width, image.steps - 1 + KEEPING, "discriminator channels")
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    inputs = architecture.shape[0]
    for step, outputs in enumerate(channels):
        halves = step < image.steps - 1
        name = f"block{image.side(image.steps - step - 1)}" if halves else f"keeping{step - image.steps + 2}"
        layers[name] = FallingBlock(inputs, outputs, normalisation, halves, first=step == 0)
        inputs = outputs
    layers["rectified"] = nn.ReLU()
    layers["pool"] = SumPool()
    layers |= heads.scoring(architecture, inputs)
    layers["squeeze"] = heads.ending(architecture.head)
    return nn.Sequential(layers)


def convolution(inputs: int, outputs: int, side: int, bias: bool = True) -> nn.Conv2d:
    """A convolution that keeps the sides, its weights uniform after Glorot & Bengio 2010, its bias 0."""
    layer = nn.Conv2d(inputs, outputs, side, padding=side // 2, bias=bias)
    nn.init.xavier_uniform_(layer.weight, GAIN if side > 1 else 1.0)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def weighted(layer: nn.Module, normalisation: Normalisation) -> nn.Module:
    """``layer``, its weight divided by its spectral norm where that is asked for."""
    return spectral_norm(layer) if normalisation == "spectral" else layer


def _normalised(channels: int, normalisation: GeneratorNormalisation) -> list[nn.Module]:
    if normalisation == "none":
        return []
    return [nn.BatchNorm2d(channels) if normalisation == "batch" else VirtualBatchNorm(channels)]


def _weighed(channels: int, normalisation: Normalisation) -> list[nn.Module]:
    """What normalises maps of the discriminator, before they are rectified."""
    if normalisation == "batch":
        return [nn.BatchNorm2d(channels)]
    return [nn.InstanceNorm2d(channels, affine=True)] if normalisation == "instance" else []


def _channels(given: tuple[int, ...], width: int, count: int, name: str) -> tuple[int, ...]:
    """Channels from the largest maps down: ``given``, or ``width`` there and twice as many at each half, to 4 times.

    The paper's are alike at all sizes of 32 pixels (256 and 128), and doubled like these from 64 to 1,024 for 128.
    """
    if not given:
        return tuple(min(width << step, WIDEST * width) for step in range(count))
    if len(given) != count or min(given) < 1:
        raise LabError(f"{name} needs {count} positive numbers at this size, got {given}.")
    return given[::-1] if name == "channels" else given
