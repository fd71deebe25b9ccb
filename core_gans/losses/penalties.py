"""Penalties and constraints that keep a discriminator smooth; any objective can take any of them.

All are computed per sample (``pulling_away``: per pair of samples) and in float32 (float64 stays float64), outside any
autocast: norms of gradients lose their meaning in bf16.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


def gradient_penalty(
    discriminator: nn.Module,
    real: Tensor,
    fake: Tensor,
    rng: torch.Generator,
    target: float = 1.0,
    one_sided: bool = False,
) -> Tensor:
    """E (|grad D(x^)| - target)^2 at points between real and fake, a scalar. Gulrajani et al. 2017, equation 3.

    Each sample (N, ...) has its own place on the line from ``fake`` to ``real`` and its own norm. ``one_sided``
    forgives slopes below the target (section 4 of the paper). Raises ValueError for batch normalisation in training
    mode, which couples the samples of a batch. Minibatch features couple them, too, but weakly: they are let through
    (ProGAN has both), and a sample's slope is then that of the sum of all scores.
    """
    if real.shape != fake.shape:
        raise ValueError(
            f"expected as many real as generated examples, got {tuple(real.shape)} and {tuple(fake.shape)}."
        )
    real, fake = _leaf(real), _leaf(fake)
    share = torch.rand(len(real), *[1] * (real.dim() - 1), generator=rng, device=rng.device).to(real)
    excess = _gradient_norms(discriminator, fake.lerp(real, share).requires_grad_()) - target
    return ((F.relu(excess) if one_sided else excess) ** 2).mean()


def zero_centred(discriminator: nn.Module, examples: Tensor) -> Tensor:
    """1/2 E |grad D(x)|^2: R1 on real examples (N, ...), R2 on generated ones. Mescheder et al. 2018, equation 9.

    A scalar in float32 at least. ValueError for batch normalisation in training mode, as in ``gradient_penalty``.
    """
    return 0.5 * (_gradient_norms(discriminator, _leaf(examples).requires_grad_()) ** 2).mean()


def pulling_away(codes: Tensor) -> Tensor:
    """Mean squared cosine between the codes (N, S) of different samples, in [0, 1]. Zhao et al. 2017, equation 4.

    Raises ValueError for fewer than two codes.
    """
    if len(codes) < 2:
        raise ValueError(f"expected at least two codes to compare, got {len(codes)}: use a larger batch.")
    with torch.autocast(codes.device.type, enabled=False):
        unit = F.normalize(codes if codes.dtype == torch.float64 else codes.float(), dim=1)
        cosines = unit @ unit.T
        count = len(codes)
        return ((cosines**2).sum() - (cosines.diagonal() ** 2).sum()) / (count * (count - 1))


def clip_weights(network: nn.Module, bound: float) -> None:
    """Clamp every parameter into [-bound, bound]. Arjovsky et al. 2017, algorithm 1."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.clamp_(-bound, bound)


def _leaf(examples: Tensor) -> Tensor:
    """The examples, cut off from their graph; a copy where float32 is not enough."""
    examples = examples.detach()
    return examples if examples.dtype == torch.float64 else examples.float()


def _gradient_norms(discriminator: nn.Module, points: Tensor) -> Tensor:
    if any(isinstance(module, _BatchNorm) and module.training for module in discriminator.modules()):
        raise ValueError(
            "a gradient penalty is a statement about single samples, and the discriminator's batch normalisation "
            "couples them: choose --normalisation none, instance or spectral, --family mlp, or no penalty."
        )
    with torch.autocast(points.device.type, enabled=False):
        scores = discriminator(points)
        (slopes,) = torch.autograd.grad(scores.sum(), points, create_graph=True)
        return slopes.flatten(1).norm(dim=1)  # (N,)
