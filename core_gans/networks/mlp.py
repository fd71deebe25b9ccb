"""Fully connected players, for points and small images."""

from __future__ import annotations

from collections import OrderedDict
from math import prod

from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from core_gans.networks import heads
from core_gans.networks.architecture import Architecture
from core_gans.networks.fourier import WAVES, FourierFeatures

SLOPE = 0.2  # of LeakyReLU, as in DCGAN


def generator(architecture: Architecture) -> nn.Module:
    """Latents (N, latent) to examples (N, *shape); images end in tanh, points are unbounded."""
    layers, inputs = hidden(architecture, architecture.latent)
    layers["out"] = nn.Linear(inputs, prod(architecture.shape))
    if len(architecture.shape) > 1:
        layers["tanh"] = nn.Tanh()
    layers["shape"] = nn.Unflatten(1, architecture.shape)
    return nn.Sequential(layers)


def discriminator(architecture: Architecture) -> nn.Module:
    """Examples (N, *shape) to scores (N,)."""
    spectral = architecture.normalisation == "spectral"
    inputs = prod(architecture.shape)
    seen = OrderedDict[str, nn.Module](flatten=nn.Flatten())
    if architecture.fourier:
        seen["fourier"] = FourierFeatures(inputs, architecture.fourier)
        inputs += 2 * WAVES
    layers, inputs = hidden(architecture, inputs, spectral)
    layers |= heads.scoring(architecture, inputs)
    ending = heads.ending(architecture.head)
    return nn.Sequential(OrderedDict(**seen, body=nn.Sequential(layers), squeeze=ending))


def hidden(architecture: Architecture, inputs: int, spectral: bool = False) -> tuple[OrderedDict[str, nn.Module], int]:
    """``depth`` layers of ``width`` units with LeakyReLU, and how many numbers come out of them."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for index in range(1, architecture.depth + 1):
        linear: nn.Module = nn.Linear(inputs, architecture.width)
        layers[f"layer{index}"] = nn.Sequential(spectral_norm(linear) if spectral else linear, nn.LeakyReLU(SLOPE))
        inputs = architecture.width
    return layers, inputs
