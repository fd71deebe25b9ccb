"""The shares of a mixture of generators, evolved. Schmiedlechner et al. 2018 (Lipizzaner), section III-B.

A (1+1) evolution strategy: all shares move by Gaussian noise, and what is nearer to the examples stays. What Lipizzaner
estimates anew from samples at each step is a quadratic form here, so that thousands of steps take less than a second.
"""

from __future__ import annotations

import torch
from torch import Tensor

STEPS = 4_000
SIGMA = 0.05  # of the first steps; it falls to a tenth


def evolved_shares(matrix: Tensor, towards: Tensor, rng: torch.Generator, steps: int = STEPS) -> list[float]:
    """Shares (I,), from 0 on and of sum 1, with a small w'Kw - 2 w'k, where K is ``matrix`` and k ``towards``.

    It begins with equal shares, or with the best one alone where that is better.
    """

    def cost(shares: Tensor) -> float:
        return float(shares @ matrix @ shares - 2 * shares @ towards)

    count = len(towards)
    alone = torch.eye(count, dtype=matrix.dtype)
    best = min([torch.full((count,), 1 / count, dtype=matrix.dtype), *alone], key=cost)
    lowest = cost(best)
    noise = torch.randn(steps, count, generator=rng, dtype=torch.float64).to(matrix.dtype)
    for step, moved in enumerate(noise):
        shares = (best + SIGMA * 0.1 ** (step / steps) * moved).clamp_min(0)
        total = float(shares.sum())
        if total <= 0:
            continue
        shares = shares / total
        found = cost(shares)
        if found < lowest:
            best, lowest = shares, found
    return [float(share) for share in best]
