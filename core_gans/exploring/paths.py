"""Paths between latents: straight ones, and ones that keep to the shell on which normal latents lie.

Slerp is Shoemake 1985; White 2016, "Sampling Generative Networks", gives the reason to walk latents along it.
"""

from __future__ import annotations

import torch
from torch import Tensor


def lerp(begin: Tensor, end: Tensor, steps: int) -> Tensor:
    """(N, D) and (N, D) to (N, steps, D) on straight lines, ends included. ValueError for fewer steps than 2."""
    shares = _shares(begin, end, steps)
    return begin[:, None] + shares[:, None] * (end - begin)[:, None]


def slerp(begin: Tensor, end: Tensor, steps: int) -> Tensor:
    """(N, D) and (N, D) to (N, steps, D) along great circles, with lengths that change evenly, ends included.

    Straight where two latents point the same way.

    Raises ValueError for opposite latents, between which no great circle is the shortest.
    """
    shares = _shares(begin, end, steps).double()
    ends = begin.double(), end.double()
    lengths = [each.norm(dim=1) for each in ends]
    directions = [torch.nn.functional.normalize(each, dim=1) for each in ends]
    angle = (directions[0] * directions[1]).sum(dim=1).clamp(-1, 1).arccos()[:, None]
    if bool((angle > torch.pi - 1e-4).any()):
        raise ValueError("two of the latents are opposite, so no shortest circle joins them: choose others, or lerp.")
    straight = angle < 1e-4
    sine = angle.sin().masked_fill(straight, 1.0)
    weights = [
        torch.where(straight, share, (share * angle).sin() / sine) for share in (1 - shares[None], shares[None])
    ]  # of the two directions: (N, steps) each
    direction = weights[0][..., None] * directions[0][:, None] + weights[1][..., None] * directions[1][:, None]
    length = lengths[0][:, None] + shares * (lengths[1] - lengths[0])[:, None]
    return (direction * length[..., None]).to(begin.dtype)


def _shares(begin: Tensor, end: Tensor, steps: int) -> Tensor:
    if begin.shape != end.shape or begin.dim() != 2:
        raise ValueError(
            f"expected two sets of latents (N, D) of one shape, got {tuple(begin.shape)} and {tuple(end.shape)}."
        )
    if steps < 2:
        raise ValueError(f"expected at least the 2 ends of a path, got {steps} steps.")
    return torch.linspace(0, 1, steps, device=begin.device, dtype=begin.dtype)
