"""Dropout with its random state in the network: a resumed run drops the same units. Srivastava et al. 2014."""

from __future__ import annotations

import torch
from torch import Tensor

from core_gans.networks.chance import Chancy


class Dropout(Chancy):
    """Zeroes each number with probability ``share`` in training and scales the rest; the identity in evaluation.

    Samples are independent of each other.
    """

    def __init__(self, share: float = 0.5) -> None:
        if not 0 <= share < 1:
            raise ValueError(f"expected a share to drop in [0, 1), got {share}.")
        super().__init__()
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.share == 0:
            return x
        kept = torch.rand(x.shape, generator=self.next_chance(x.device), device=x.device) >= self.share
        return x * kept / (1 - self.share)

    def extra_repr(self) -> str:
        return f"share={self.share}"
