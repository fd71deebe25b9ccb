"""Discriminators that are autoencoders: a large reconstruction error means "generated".

Zhao et al. 2017 (EBGAN), figure 1; Berthelot et al. 2017 (BEGAN), section 3.4. The energy of an example is how far
its reconstruction lies from it; the score is minus the energy, so that large means "looks real" here too.
"""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from math import prod
from types import ModuleType

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from core_gans.foundation.errors import LabError
from core_gans.networks import dcgan, heads, mlp
from core_gans.networks.architecture import Architecture, Energy


class EnergyAutoencoder(nn.Module):
    """Examples (N, *shape) to scores (N,), minus the energy of their reconstruction.

    ``euclidean``: |Dec(Enc x) - x|, the norm over all numbers of the example; ``absolute`` and ``square``: the mean
    over them of the absolute or squared difference.
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module, energy: Energy) -> None:
        super().__init__()
        self.encoder, self.decoder, self.energy = encoder, decoder, energy
        self.augment: nn.Module = nn.Identity()  # of what is to be reconstructed, before it is encoded

    def encode(self, examples: Tensor) -> Tensor:
        """The codes (N, code)."""
        return self.encoder(examples)

    def score(self, examples: Tensor, codes: Tensor) -> Tensor:
        """The scores (N,) of ``examples`` with these codes."""
        exact = torch.float64 if examples.dtype == torch.float64 else torch.float32
        difference = (self.decoder(codes).to(exact) - examples.to(exact)).flatten(1)
        if self.energy == "euclidean":
            return -torch.linalg.vector_norm(difference, dim=1)
        return -(difference.abs() if self.energy == "absolute" else difference**2).mean(dim=1)

    def forward(self, examples: Tensor) -> Tensor:
        examples = self.augment(examples)
        return self.score(examples, self.encode(examples))

    def extra_repr(self) -> str:
        return f"energy={self.energy}"


def generator(architecture: Architecture) -> nn.Module:
    """Latents (N, latent) to examples (N, *shape): the dcgan family's for images, the mlp family's for points."""
    return _kind(architecture).generator(architecture)


def discriminator(architecture: Architecture) -> EnergyAutoencoder:
    """Examples (N, *shape) to scores (N,)."""
    heads.refuse_minibatch_discrimination(architecture, "autoencoder")
    plain = dataclasses.replace(
        architecture,
        latent=architecture.code,
        channels=architecture.discriminator_channels[::-1],
        generator_normalisation="batch" if architecture.normalisation == "batch" else "none",
    )
    return EnergyAutoencoder(_encoder(plain), _kind(plain).generator(plain), architecture.energy)


def require_autoencoder(variant: str, family: str) -> None:
    """Refuse another family for a variant whose discriminator must reconstruct."""
    if family != "autoencoder":
        raise LabError(f"{variant} needs a discriminator that reconstructs: --family autoencoder, not {family}.")


def _encoder(architecture: Architecture) -> nn.Module:
    spectral = architecture.normalisation == "spectral"
    if _kind(architecture) is mlp:
        layers, inputs = mlp.hidden(architecture, prod(architecture.shape), spectral)
        layers = OrderedDict(flatten=nn.Flatten(), **layers)
        code: nn.Module = nn.Linear(inputs, architecture.code)
    else:
        layers, channels, image = dcgan.strided_blocks(architecture)
        layers["flatten"] = nn.Flatten()
        code = nn.Linear(channels * image.cells, architecture.code)
    layers["code"] = spectral_norm(code) if spectral else code
    return nn.Sequential(layers)


def _kind(architecture: Architecture) -> ModuleType:
    return mlp if len(architecture.shape) == 1 else dcgan
