"""How smoothly a generator's answer follows its latent: paths between latents, and a number for their steepness.

The perceptual path length of Karras et al. 2019 (StyleGAN, equation 2) with the distance taken in data space, between
the plain coordinates, since there is no perceptual distance for points.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from core_gans.game import NoiseGame, generate

COUNT, STEP = 4_096, 1e-4  # paths; e, as a share of a path


def path_length(generator: nn.Module, game: NoiseGame, rng: torch.Generator) -> float:
    """Mean of |G(z(t + e)) - G(z(t))|^2 / e^2 over many paths z(t) = (1 - t) a + t b at a random t each.

    a and b are latents of ``game``; squares are summed over coordinates, and computed in float64. 0 for a generator
    that has collapsed onto one example; a jump between modes makes it large.
    """
    begin, end = game.latents(COUNT, rng).double(), game.latents(COUNT, rng).double()
    place = torch.rand(COUNT, generator=rng, device=rng.device, dtype=torch.float64)
    place = place.view(-1, *[1] * (begin.dim() - 1)) * (1 - STEP)
    exact = copy.deepcopy(generator).double().eval()
    here, there = (_answers(exact, begin.lerp(end, at)) for at in (place, place + STEP))
    return float(((there - here) / STEP).square().flatten(1).sum(dim=1).mean())


def paths(generator: nn.Module, game: NoiseGame, rng: torch.Generator, count: int, steps: int) -> Tensor:
    """What ``generator`` draws along ``count`` straight paths between latents: (count, steps, ...), ends included."""
    begin, end = game.latents(count, rng), game.latents(count, rng)
    shares = torch.linspace(0, 1, steps, device=begin.device)
    latents = torch.stack([begin.lerp(end, share) for share in shares], dim=1)
    return generate(generator, latents.flatten(0, 1)).unflatten(0, (count, steps))


@torch.no_grad()
def _answers(generator: nn.Module, latents: Tensor) -> Tensor:
    return torch.cat([generator(part) for part in latents.split(256)])
