"""The R3GAN family: residual networks without normalisation. Huang et al. 2024, "The GAN is dead; long live the GAN!",
section 4 and appendix, with what the authors' code adds.

A resolution has two residual blocks 1x1, 3x3 in groups of 16 channels, 1x1, twice as wide inside, whose last layer
begins at 0: a fresh network is a straight line. Generator and discriminator mirror each other; blocks of the generator
are named after the side of what they make, those of the discriminator after what they see.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from itertools import pairwise
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core_gans.foundation.errors import LabError
from core_gans.networks import heads
from core_gans.networks.architecture import Architecture
from core_gans.networks.blocks import doubled

Layer = TypeVar("Layer", nn.Conv2d, nn.Linear)

SLOPE = 0.2
GAIN = math.sqrt(2 / (1 + SLOPE**2))  # what the rectifier takes from the size of a signal
BLOCKS = 2  # of a resolution
EXPANSION = 2
GROUP = 16  # channels of a group in the 3x3 convolutions, or the next smaller number that divides them
WIDEST = 768  # channels, at most, that come from ``width``: 768 at all sizes of CIFAR-10, 96 at the top of 256 pixels
FILTER = (1.0, 3.0, 3.0, 1.0)  # [1, 2, 1] between pixels twice as dense: bilinear


class Resampled(nn.Module):
    """Maps (N, C, H, W) at twice or half their sides, by the bilinear filter, with zeros around."""

    kernel: Tensor

    def __init__(self, up: bool) -> None:
        super().__init__()
        self.up = up
        line = torch.tensor(FILTER) / sum(FILTER)
        self.register_buffer("kernel", torch.outer(line, line)[None, None] * (4 if up else 1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        each = x.flatten(0, 1)[:, None]  # every channel alike
        resample = F.conv_transpose2d if self.up else F.conv2d
        resampled = resample(each, self.kernel.to(x), stride=2, padding=1)
        # Not by unflatten, which ONNX would have with the number of images that it was traced with.
        return resampled.view(x.shape[0], x.shape[1], *resampled.shape[2:])

    def extra_repr(self) -> str:
        return f"up={self.up}"


class Rectified(nn.Module):
    """A bias for each channel, then a leaky rectifier."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(x + self.bias[:, None, None], SLOPE)


class Residual(nn.Module):
    """x + its change; ``blocks`` of them in all follow each other, and start smaller the more there are.

    Inside it is ``expansion`` times as wide, and the 3x3 convolution works in groups of ``group`` channels.
    """

    def __init__(self, channels: int, blocks: int, expansion: int = EXPANSION, group: int = GROUP) -> None:
        super().__init__()
        inner = expansion * channels
        gain = GAIN * blocks ** (-1 / 4)  # -1 / (2 layers - 2), of three layers
        self.change = nn.Sequential(
            convolution(channels, inner, 1, gain),
            Rectified(inner),
            convolution(inner, inner, 3, gain, groups=inner // math.gcd(inner, group)),
            Rectified(inner),
            convolution(inner, channels, 1, 0.0),
        )

    def forward(self, x: Tensor) -> Tensor:
        changed: Tensor = x + self.change(x)
        return changed


class Basis(nn.Module):
    """Latents (N, latent) to maps (N, C, h, w): a learned map a channel, times a linear function of the latent."""

    def __init__(self, latent: int, channels: int, block: tuple[int, int]) -> None:
        super().__init__()
        self.maps = nn.Parameter(torch.randn(channels, *block))
        self.weights = with_fan_in(nn.Linear(latent, channels, bias=False), 1.0)

    def forward(self, latents: Tensor) -> Tensor:
        return self.weights(latents)[:, :, None, None] * self.maps


class Clamped(nn.Module):
    """Images free in training, kept in [-1, 1] in evaluation."""

    def forward(self, images: Tensor) -> Tensor:
        return images if self.training else images.clamp(-1, 1)


def generator(architecture: Architecture) -> nn.Module:
    """Latents (N, latent) to images (N, C, H, W), in [-1, 1] in evaluation mode."""
    image, channels = doubled(architecture.shape, "r3gan"), channels_of(architecture, "channels")
    blocks = BLOCKS * len(channels)
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    start: list[nn.Module] = [Basis(architecture.latent, channels[0], image.block)]
    layers[f"block{image.side(0)}"] = nn.Sequential(*start, *_residuals(channels[0], blocks))
    for step, (inputs, outputs) in enumerate(pairwise(channels), start=1):
        layers[f"block{image.side(step)}"] = nn.Sequential(
            *_joined(inputs, outputs), Resampled(up=True), *_residuals(outputs, blocks)
        )
    layers["image"] = convolution(channels[-1], architecture.shape[0], 1, 1.0)
    layers["clamp"] = Clamped()
    return nn.Sequential(layers)


def discriminator(architecture: Architecture) -> nn.Module:
    """Images (N, C, H, W) to scores (N,). LabError for any normalisation."""
    if architecture.normalisation != "none":
        raise LabError(
            "the r3gan family has no normalisation, which is what it was made for: choose --normalisation none, or "
            "another --family."
        )
    heads.refuse_minibatch_discrimination(architecture, "r3gan")
    image, channels = doubled(architecture.shape, "r3gan"), channels_of(architecture, "discriminator_channels")[::-1]
    blocks = BLOCKS * len(channels)
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    layers["colours"] = convolution(architecture.shape[0], channels[0], 1, 1.0)
    for step, (inputs, outputs) in enumerate(pairwise(channels)):
        layers[f"block{image.side(image.steps - step)}"] = nn.Sequential(
            *_residuals(inputs, blocks), Resampled(up=False), *_joined(inputs, outputs)
        )
    last = channels[-1]
    basis = with_fan_in(nn.Conv2d(last, last, image.block, groups=last, bias=False), 1.0)
    layers[f"block{image.side(0)}"] = nn.Sequential(*_residuals(last, blocks), basis, nn.Flatten())
    layers["score"] = with_fan_in(nn.Linear(last, heads.outputs(architecture.head), bias=False), 1.0)
    layers["squeeze"] = heads.ending(architecture.head)
    return nn.Sequential(layers)


def convolution(inputs: int, outputs: int, side: int, gain: float, groups: int = 1) -> nn.Conv2d:
    """A convolution without bias that keeps the sides, its weights from N(0, gain^2 / fan-in)."""
    return with_fan_in(nn.Conv2d(inputs, outputs, side, padding=side // 2, groups=groups, bias=False), gain)


def with_fan_in(layer: Layer, gain: float) -> Layer:
    """``layer`` with weights from N(0, gain^2 / fan-in); 0 for a gain of 0."""
    nn.init.normal_(layer.weight, 0.0, gain / math.sqrt(layer.weight[0].numel()))
    return layer


def _residuals(channels: int, blocks: int) -> list[nn.Module]:
    return [Residual(channels, blocks) for _ in range(BLOCKS)]


def _joined(inputs: int, outputs: int) -> list[nn.Module]:
    return [] if inputs == outputs else [convolution(inputs, outputs, 1, 1.0)]


def channels_of(architecture: Architecture, name: str) -> tuple[int, ...]:
    """Channels from the smallest maps upwards: given, or ``width`` at full size and twice as many at each half."""
    sizes = doubled(architecture.shape, "r3gan").steps + 1
    given = architecture.channels if name == "channels" else architecture.discriminator_channels[::-1]
    if not given:
        most = max(architecture.width, WIDEST)
        return tuple(min(architecture.width << step, most) for step in reversed(range(sizes)))
    if len(given) != sizes or min(given) < 1:
        raise LabError(f"{name} needs {sizes} positive numbers at this size, got {given}.")
    return given
