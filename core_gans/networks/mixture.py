"""Several generators as one: each latent is drawn by one of them, by their shares.

The mixture of Schmiedlechner et al. 2018 (Lipizzaner), whose shares are evolved.

Which one is decided by a hash of the latent's bits. So a latent always gives the same sample, each generator draws its
share of any latents, and what it draws is not limited to a part of the latent space, as it would be if the latent's
values decided. On a path between two latents the generators take turns by chance.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

STEPS = 2**24  # of the hash: what float32 can tell apart
MULTIPLIER, INCREMENT = 0x5851F42D, 0x14057B7E  # of a linear congruential generator; below 2^31


class Mixture(nn.Module):
    """``generators`` of one shape, which draw ``shares`` of the latents; shares are made to sum to 1.

    ValueError for shares of another number than the generators, below 0, or of which none is above it.
    """

    shares: Tensor

    def __init__(self, generators: Sequence[nn.Module], shares: Sequence[float] | None = None) -> None:
        super().__init__()
        given = torch.tensor(list(shares) if shares is not None else [1.0] * len(generators), dtype=torch.float64)
        if len(given) != len(generators) or not bool((given >= 0).all()) or not 0 < float(given.sum()) < float("inf"):
            raise ValueError(f"expected {len(generators)} shares from 0 on, not all 0, got {given.tolist()}.")
        self.generators = nn.ModuleList(generators)
        self.register_buffer("shares", (given / given.sum()).float())

    def forward(self, latents: Tensor) -> Tensor:
        """The samples (N, ...) of ``latents`` (N, ...)."""
        bounds = self.shares.double().cumsum(0)
        bounds[-1] = 1.0
        chosen = torch.searchsorted(bounds.to(latents.device), uniform_of(latents), right=True)
        samples: Tensor | None = None
        for number, generator in enumerate(self.generators):
            rows = (chosen == number).nonzero().flatten()
            if len(rows):
                drawn = generator(latents[rows])
                if samples is None:
                    samples = drawn.new_empty((len(latents), *drawn.shape[1:]))
                samples = samples.index_copy(0, rows, drawn)
        return self.generators[0](latents) if samples is None else samples  # none of no latents


def uniform_of(latents: Tensor) -> Tensor:
    """A number in [0, 1) for each of ``latents`` (N, ...), float64 (N,): a hash of its bits in float32."""
    bits = latents.detach().float().flatten(1).contiguous().view(torch.int32).to(torch.int64)  # (N, L)
    places = torch.arange(1, bits.shape[1] + 1, device=bits.device) * 2 * INCREMENT + 1
    mixed = (bits * places).sum(1)  # wraps around at 2^64
    for _ in range(3):
        mixed = (mixed ^ (mixed >> 29)) * MULTIPLIER + INCREMENT
    return ((mixed >> 32) & (STEPS - 1)).double() / STEPS
