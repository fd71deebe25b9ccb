"""A linear generator, whose inversion is known: pictures of 8x8 from 3 numbers, by 2 units of 8x8 cells."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

LATENT, SIDE = 3, 8


def linear_generator(seed: int = 0) -> nn.Sequential:
    """``units``, 2 of 8x8 cells, is linear in the latent; ``image``, the first unit minus the second, shrunk."""
    rng = torch.Generator().manual_seed(seed)
    units = nn.Sequential(nn.Linear(LATENT, 2 * SIDE * SIDE), nn.Unflatten(1, (2, SIDE, SIDE)))
    image = nn.Conv2d(2, 1, 1, bias=False)
    with torch.no_grad():
        units[0].weight.copy_(torch.randn(units[0].weight.shape, generator=rng))
        units[0].bias.copy_(torch.randn(units[0].bias.shape, generator=rng))
        image.weight.copy_(torch.tensor([0.05, -0.05]).view(1, 2, 1, 1))
    return nn.Sequential(OrderedDict(units=units, image=image)).eval()


def solved(generator: nn.Sequential, image: Tensor) -> Tensor:
    """The latent (1, 3) whose picture is nearest to ``image`` by least squares, in closed form."""
    with torch.no_grad():
        still = generator(torch.zeros(1, LATENT)).flatten()
        moves = torch.stack([generator(row[None]).flatten() - still for row in torch.eye(LATENT)], 1)
    return torch.linalg.lstsq(moves, (image.flatten() - still)[:, None]).solution.T


def latents(count: int, rng: torch.Generator) -> Tensor:
    """Latents (count, 3) of the standard normal distribution."""
    return torch.randn(count, LATENT, generator=rng)
