"""Dropout whose chance is part of the network: a seed and a count of draws, kept as buffers.

torch's own dropout draws from the global random state, which neither a checkpoint of the network nor the run's
generator of chance holds; with these buffers a resumed network drops the very units that it would have dropped.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

_SEEDS = 2**63


def _mixed(seed: int, draws: int) -> int:
    """One number of all bits of both: torch's generator on the CPU looks at the lower 32 bits only.

    The finaliser of SplitMix64 (Steele et al. 2014).
    """
    x = (seed + draws * 0x9E3779B97F4A7C15) % 2**64
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    x = (x ^ x >> 27) * 0x94D049BB133111EB % 2**64
    return (x ^ x >> 31) % _SEEDS


class Dropout(nn.Module):
    """Zeroes each number with probability ``share`` in training and scales the rest; the identity in evaluation.

    Srivastava et al. 2014. Samples are independent of each other.
    """

    seed: Tensor
    draws: Tensor

    def __init__(self, share: float = 0.5) -> None:
        super().__init__()
        if not 0 <= share < 1:
            raise ValueError(f"expected a share to drop in [0, 1), got {share}.")
        self.share = share
        self.register_buffer("seed", torch.randint(_SEEDS - 1, ()))
        self.register_buffer("draws", torch.zeros((), dtype=torch.int64))

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.share == 0:
            return x
        chance = torch.Generator(x.device).manual_seed(_mixed(int(self.seed), int(self.draws)))
        self.draws += 1
        kept = torch.rand(x.shape, generator=chance, device=x.device) >= self.share
        return x * kept / (1 - self.share)

    def extra_repr(self) -> str:
        return f"share={self.share}"
