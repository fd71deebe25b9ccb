"""Pixelwise normalisation of feature vectors. Karras et al. 2018, section 4.2."""

from __future__ import annotations

import torch
from torch import Tensor, nn

EPSILON = 1e-8


class PixelNorm(nn.Module):
    """Every pixel's vector of (N, C, H, W), or every row of (N, C), divided by the root of its mean square."""

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.rsqrt(x.square().mean(dim=1, keepdim=True) + EPSILON)
