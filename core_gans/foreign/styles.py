"""What generators by style share (Karras et al. 2019): latents z, a mapping to styles w, their mean, and truncation.

z (N, D) -> mapping -> styles w (N, D) -> one for each layer, w+ (N, L, D) -> image
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core_gans.foundation.errors import LabError

Space = Literal["z", "w", "w+"]
GAIN = 2**0.5  # of leaky ReLUs: keeps the variance
SMALL = 1e-8  # under roots
SAMPLED = 4096  # latents of which the mean style is taken where a file does not tell it


class StyleGenerator(nn.Module, ABC):
    """Images (N, C, S, S), in [-1, 1] but for what a network without a tanh errs, from latents.

    ``space`` says what latents are: z (N, D), styles w (N, D), or styles of each layer, w+ (N, L, D). ``truncation`` in
    [0, 1] draws styles to their mean: 1 is none, 0 the mean picture; styles that are given as w or w+ stay as they are.
    """

    mean_style: Tensor

    def __init__(self, latent: int, style: int, mapped: int) -> None:
        super().__init__()
        widths = [latent, *[style] * mapped]
        self.mapping = nn.Sequential(PixelNorm(), *(Mapped(before, after) for before, after in pairwise(widths)))
        self.register_buffer("mean_style", torch.zeros(style))
        self.space: Space = "z"
        self.truncation = 1.0
        self.latent = latent

    @property
    @abstractmethod
    def layers(self) -> int:
        """How many styles a picture takes."""

    @abstractmethod
    def draw(self, styles: Tensor) -> Tensor:
        """The images of styles of each layer (N, L, D)."""

    def styles(self, z: Tensor) -> Tensor:
        """Styles w (N, D) of latents z (N, D), truncated."""
        return self.mean_style + self.truncation * (self.mapping(z) - self.mean_style)

    def forward(self, latents: Tensor) -> Tensor:
        if latents.ndim != (3 if self.space == "w+" else 2):
            raise LabError(f"expected latents of {self.space}, got the shape {tuple(latents.shape)}.")
        w = self.styles(latents) if self.space == "z" else latents
        each = w if w.ndim == 3 else w[:, None].expand(-1, self.layers, -1)
        if each.shape[1] != self.layers:
            raise LabError(f"expected {self.layers} styles for a picture, got {each.shape[1]}.")
        return self.draw(each)

    def latents(self, count: int, rng: torch.Generator) -> Tensor:
        """``count`` latents of the space: z (N, D), or the styles of such."""
        z = torch.randn(count, self.latent, generator=rng, device=rng.device)
        if self.space == "z":
            return z
        with torch.no_grad():
            w = self.styles(z.to(self.mean_style)).to(z.device)
        return w if self.space == "w" else w[:, None].repeat(1, self.layers, 1)

    @torch.no_grad()
    def find_mean_style(self) -> None:
        """The mean style from ``SAMPLED`` latents of a fixed seed, for files that do not hold it."""
        z = torch.randn(SAMPLED, self.latent, generator=torch.Generator().manual_seed(0))
        self.mean_style.copy_(self.mapping(z.to(self.mean_style)).mean(0))


class PixelNorm(nn.Module):
    """Each latent over its root mean square."""

    def forward(self, x: Tensor) -> Tensor:
        return x * (x.square().mean(1, keepdim=True) + SMALL).rsqrt()


class Mapped(nn.Linear):
    """A layer of the mapping."""

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(super().forward(x), 0.2) * GAIN
