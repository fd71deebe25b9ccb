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


FAMILIES: dict[str, Family] = {
    "mlp": Family(mlp.generator, mlp.discriminator),
    "dcgan": Family(dcgan.generator, dcgan.discriminator, points=False),
    # Of a point's two coordinates, dropout would often leave one.
    "maxout": Family(maxout.generator, maxout.discriminator, points=False),
    "autoencoder": Family(autoencoder.generator, autoencoder.discriminator),
    "progressive": Family(progressive.generator, progressive.discriminator, points=False),
    "resnet": Family(resnet.generator, resnet.discriminator, points=False),
    "r3gan": Family(r3gan.generator, r3gan.discriminator, points=False),
}


def family(name: str) -> Family:
    """The family called ``name``; a ValueError lists the nearest names."""
    return FAMILIES[require_known("network family", name, FAMILIES)]


__all__ = ["FAMILIES", "Architecture", "Family", "family"]
