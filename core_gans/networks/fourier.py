"""Random Fourier features of points. Tancik et al. 2020, Fourier Features Let Networks Learn High Frequency Functions.

A network of a few layers learns slow functions of its input first. A discriminator that sees sines of the point besides
the point itself tells narrow modes from their surroundings much sooner.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

WAVES = 32


class FourierFeatures(nn.Module):
    """Inputs (N, D) to (N, D + 64): themselves, and sines and cosines of 32 directions drawn from N(0, scale^2)."""

    waves: Tensor

    def __init__(self, inputs: int, scale: float) -> None:
        super().__init__()
        self.register_buffer("waves", scale * torch.randn(inputs, WAVES))

    def forward(self, points: Tensor) -> Tensor:
        phase = points @ self.waves
        return torch.cat((points, phase.sin(), phase.cos()), dim=1)
