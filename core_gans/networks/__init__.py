"""Network families. A family builds a generator and a discriminator for one shape of example.

The objective is chosen elsewhere, so any objective meets any family.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from core_gans.foundation.names import require_known
from core_gans.networks import autoencoder, dcgan, maxout, mlp, progressive, r3gan, resnet
from core_gans.networks.architecture import Architecture


@dataclass(frozen=True)
class Family:
    """How to build the two players from an ``Architecture``; ``points``: whether it is of use for points (N, D) too."""

    generator: Callable[[Architecture], nn.Module]
    discriminator: Callable[[Architecture], nn.Module]
    points: bool = True
    about: str = ""
    """One line."""


FAMILIES: dict[str, Family] = {
    "mlp": Family(mlp.generator, mlp.discriminator, about="fully connected, for points and images of any size"),
    "dcgan": Family(dcgan.generator, dcgan.discriminator, False, "strided convolutions (Radford et al. 2016)"),
    # Of a point's two coordinates, dropout would often leave one.
    "maxout": Family(
        maxout.generator,
        maxout.discriminator,
        points=False,
        about="the first GAN's networks, with dropout (Goodfellow et al. 2014)",
    ),
    "autoencoder": Family(
        autoencoder.generator,
        autoencoder.discriminator,
        about="the discriminator is an autoencoder, its error the score (Zhao et al. 2017)",
    ),
    "progressive": Family(
        progressive.generator,
        progressive.discriminator,
        points=False,
        about="networks that grow from 4x4 pixels, of progan (Karras et al. 2018)",
    ),
    "resnet": Family(resnet.generator, resnet.discriminator, False, "residual blocks of SNGAN (Miyato et al. 2018)"),
    "r3gan": Family(
        r3gan.generator,
        r3gan.discriminator,
        points=False,
        about="residual networks without normalisation (Huang et al. 2024)",
    ),
}


def family(name: str) -> Family:
    """The family called ``name``; a ValueError lists the nearest names."""
    return FAMILIES[require_known("network family", name, FAMILIES)]


__all__ = ["FAMILIES", "Architecture", "Family", "family"]
