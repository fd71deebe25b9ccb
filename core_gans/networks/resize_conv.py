"""Resize-and-convolve at the price of a transposed convolution.

Nearest-neighbour upsampling by 2 followed by a 3x3 convolution draws no checkerboard (Odena et al. 2016), but it
computes every product up to four times. Both steps together are one transposed convolution with stride 2 whose
4x4 kernel sums the 3x3 kernel over the pixels that upsampling made equal; this module computes that one.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ResizeConv2d(nn.Conv2d):
    """(N, C, H, W) to (N, outputs, 2H, 2W): equal to ``conv3x3(upsample_nearest(x, 2))`` with zero padding."""

    spread: Tensor

    def __init__(self, inputs: int, outputs: int, bias: bool = True) -> None:
        super().__init__(inputs, outputs, 3, padding=1, bias=bias)
        self.register_buffer("spread", _spread(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        kernel = (self.weight.flatten(2) @ self.spread).unflatten(2, (4, 4))  # (outputs, inputs, 4, 4)
        return F.conv_transpose2d(x, kernel.transpose(0, 1), self.bias, stride=2, padding=1)


def _spread() -> Tensor:
    """(9, 16): tap (i, j) of the 3x3 kernel, turned around, lands on the four taps (2-i..3-i, 2-j..3-j) of the 4x4."""
    line = torch.zeros(3, 4)
    for tap in range(3):
        line[tap, 2 - tap : 4 - tap] = 1
    return torch.kron(line, line)
