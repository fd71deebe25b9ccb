"""Penalties and constraints that keep a discriminator smooth; any objective can take any of them.

All are computed per sample and in float32, outside any autocast: norms of gradients lose their meaning in bf16.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def gradient_penalty(
    discriminator: nn.Module, real: Tensor, fake: Tensor, rng: torch.Generator, target: float = 1.0
) -> Tensor:
    """E (|grad D(x^)| - target)^2 at points between real and fake. Gulrajani et al. 2017, equation 3.

    Each sample (N, ...) has its own place on the line from ``fake`` to ``real`` and its own norm.
    """
    real, fake = real.detach().float(), fake.detach().float()
    share = torch.rand(len(real), *[1] * (real.dim() - 1), generator=rng, device=rng.device).to(real.device)
    between = fake.lerp(real, share).requires_grad_()
    return ((_gradient_norms(discriminator, between) - target) ** 2).mean()


def zero_centred(discriminator: nn.Module, examples: Tensor) -> Tensor:
    """1/2 E |grad D(x)|^2: R1 on real examples, R2 on generated ones. Mescheder et al. 2018, equation 9."""
    return 0.5 * (_gradient_norms(discriminator, examples.detach().float().requires_grad_()) ** 2).mean()


def pulling_away(codes: Tensor) -> Tensor:
    """Mean squared cosine between the codes (N, S) of different samples. Zhao et al. 2017, equation 4.

    Raises ValueError for fewer than two codes.
    """
    if len(codes) < 2:
        raise ValueError(f"expected at least two codes to compare, got {len(codes)}: use a larger batch.")
    unit = F.normalize(codes.float(), dim=1)
    cosines = unit @ unit.T
    count = len(codes)
    return ((cosines**2).sum() - (cosines.diagonal() ** 2).sum()) / (count * (count - 1))


def clip_weights(network: nn.Module, bound: float) -> None:
    """Clamp every parameter into [-bound, bound]. Arjovsky et al. 2017, algorithm 1."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.clamp_(-bound, bound)


def _gradient_norms(discriminator: nn.Module, points: Tensor) -> Tensor:
    with torch.autocast(points.device.type, enabled=False):
        scores = discriminator(points)
        (slopes,) = torch.autograd.grad(scores.sum(), points, create_graph=True)
        return slopes.flatten(1).norm(dim=1)  # (N,)
