"""Gaussian noise between layers, which keeps a classifier of few labels from memorising them.

Salimans et al. 2016 put it on the inputs and on the layers of the discriminator. Its chance is part of the network.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

from core_gans.networks.chance import Chancy


class Noise(Chancy):
    """Adds N(0, deviation^2) to each number in training; the identity in evaluation."""

    def __init__(self, deviation: float) -> None:
        if not deviation >= 0:
            raise ValueError(f"expected a standard deviation of at least 0, got {deviation}.")
        super().__init__()
        self.deviation = deviation

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.deviation == 0:
            return x
        chance = self.next_chance(x.device)
        return x + self.deviation * torch.randn(x.shape, generator=chance, device=x.device, dtype=x.dtype)

    def extra_repr(self) -> str:
        return f"deviation={self.deviation}"


def noisy(trunk: nn.Sequential, inputs: float, layers: float) -> nn.Sequential:
    """The blocks of ``trunk``, with noise of these deviations before the first and behind each."""
    found: OrderedDict[str, nn.Module] = OrderedDict(noise=Noise(inputs))
    for name, block in trunk.named_children():
        found[name] = block
        found[f"{name}_noise"] = Noise(layers)
    return nn.Sequential(found)
