"""The first GAN's networks: rectifiers and a sigmoid against maxout with dropout. Goodfellow et al. 2014, section 5.

Maxout is Goodfellow et al. 2013: a unit is the largest of several linear pieces. The discriminator drops a fifth of
its inputs and half of its hidden units.
"""

from __future__ import annotations

from collections import OrderedDict
from math import prod

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from core_gans.networks import heads
from core_gans.networks.architecture import Architecture
from core_gans.networks.dropout import Dropout

PIECES = 5
INPUTS_DROPPED = 0.2
UNITS_DROPPED = 0.5


class Maxout(nn.Module):
    """(N, inputs * pieces) to (N, inputs): the largest of every ``pieces`` neighbours."""

    def __init__(self, pieces: int = PIECES) -> None:
        super().__init__()
        self.pieces = pieces

    def forward(self, x: Tensor) -> Tensor:
        return x.unflatten(1, (-1, self.pieces)).amax(dim=2)

    def extra_repr(self) -> str:
        return f"pieces={self.pieces}"


class Paper(nn.Module):
    """Shares of ink in (0, 1), as a sigmoid gives them, to [-1, 1]."""

    def forward(self, ink: Tensor) -> Tensor:
        return torch.sigmoid(ink) * 2 - 1


def generator(architecture: Architecture) -> nn.Module:
    """Latents (N, latent) to examples (N, *shape); images end in a sigmoid, points are unbounded."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    inputs = architecture.latent
    widths = architecture.channels or (architecture.width,) * architecture.depth
    if len(widths) != architecture.depth or min(widths) < 1:
        raise ValueError(f"channels needs {architecture.depth} positive numbers, one a hidden layer, got {widths}.")
    for index, units in enumerate(widths, start=1):
        layers[f"layer{index}"] = nn.Sequential(nn.Linear(inputs, units), nn.ReLU())
        inputs = units
    layers["out"] = nn.Linear(inputs, prod(architecture.shape))
    if len(architecture.shape) > 1:
        layers["sigmoid"] = Paper()
    layers["shape"] = nn.Unflatten(1, architecture.shape)
    return nn.Sequential(layers)


def discriminator(architecture: Architecture) -> nn.Module:
    """Examples (N, *shape) to scores (N,)."""

    def linear(inputs: int, outputs: int) -> nn.Module:
        layer = nn.Linear(inputs, outputs)
        return spectral_norm(layer) if architecture.normalisation == "spectral" else layer

    layers: OrderedDict[str, nn.Module] = OrderedDict(flatten=nn.Flatten(), dropped=Dropout(INPUTS_DROPPED))
    inputs = prod(architecture.shape)
    for index in range(1, architecture.depth + 1):
        layers[f"layer{index}"] = nn.Sequential(
            linear(inputs, architecture.width * PIECES), Maxout(), Dropout(UNITS_DROPPED)
        )
        inputs = architecture.width
    layers |= heads.scoring(architecture, inputs)
    layers["squeeze"] = heads.ending(architecture.head)
    return nn.Sequential(layers)
