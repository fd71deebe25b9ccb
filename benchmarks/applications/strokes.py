"""What is measured of a drawn digit by the moments of its ink (Hu 1962): slant, width, and how much ink there is."""

from __future__ import annotations

import torch
from torch import Tensor

PROPERTIES = ("slant", "width", "ink")


def measured(images: Tensor) -> Tensor:
    """Images (N, 1, H, W) in [-1, 1] to (N, 3), float64, in the order of ``PROPERTIES``.

    Slant is mu11 / mu02, the pixels by which a line of ink moves to the right a pixel further down; width is the
    square root of mu20, in pixels; ink is its mean, in [0, 1].
    """
    ink = ((images[:, 0].double() + 1) / 2).clamp(0, 1)  # (N, H, W)
    mass = ink.sum(dim=(1, 2)).clamp(min=1e-9)
    down = torch.arange(ink.shape[1], dtype=torch.float64)[None, :, None]
    right = torch.arange(ink.shape[2], dtype=torch.float64)[None, None, :]

    def mean(places: Tensor) -> Tensor:
        return (ink * places).sum(dim=(1, 2)) / mass

    dy = down - mean(down)[:, None, None]  # (N, H, 1)
    dx = right - mean(right)[:, None, None]  # (N, 1, W)
    slant = mean(dx * dy) / mean(dy * dy).clamp(min=1e-9)
    return torch.stack((slant, mean(dx * dx).sqrt(), ink.mean(dim=(1, 2))), dim=1)
