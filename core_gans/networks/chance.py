"""Layers whose random state is part of the network: a seed and a count of draws, kept as buffers.

torch's own dropout draws from the global random state, which neither a checkpoint of the network nor the run's
generator of chance holds; with these buffers a resumed network draws the very numbers that it would have drawn.
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


class Chancy(nn.Module):
    """A layer that draws from chance of its own; its seed comes from the global random state when it is made."""

    seed: Tensor
    draws: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("seed", torch.randint(_SEEDS - 1, ()))
        self.register_buffer("draws", torch.zeros((), dtype=torch.int64))

    def next_chance(self, device: torch.device) -> torch.Generator:
        """The generator of the next draw, which is counted."""
        chance = torch.Generator(device).manual_seed(_mixed(int(self.seed), int(self.draws)))
        self.draws += 1
        return chance
