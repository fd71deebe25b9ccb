"""Layers with an equalised learning rate: weights of unit variance, scaled each time they are used.

Karras et al. 2018, section 4.1. Adam moves every weight by about its learning rate, so layers learn at one speed when
their weights are of one size. He's constant, gain / sqrt(fan in), makes the signal as large as it should be.
"""

from __future__ import annotations

from math import sqrt

from torch import Tensor, nn
from torch.nn import functional as F

RECTIFIED = sqrt(2)  # gain of a layer that a rectifier follows


class EqualisedConv2d(nn.Conv2d):
    """A square convolution of side ``side`` whose kernel is N(0, 1) at first, and multiplied by ``scale`` in use."""

    def __init__(self, inputs: int, outputs: int, side: int, padding: int = 0, gain: float = RECTIFIED) -> None:
        super().__init__(inputs, outputs, side, padding=padding)
        self.scale = gain / sqrt(inputs * side**2)
        _initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        return self._conv_forward(x, self.weight * self.scale, self.bias)


class EqualisedLinear(nn.Linear):
    """(N, inputs) to (N, outputs), with weights that are N(0, 1) at first and multiplied by ``scale`` in use."""

    def __init__(self, inputs: int, outputs: int, gain: float = RECTIFIED) -> None:
        super().__init__(inputs, outputs)
        self.scale = gain / sqrt(inputs)
        _initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight * self.scale, self.bias)


def _initialise(layer: nn.Conv2d | nn.Linear) -> None:
    nn.init.normal_(layer.weight)
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)
