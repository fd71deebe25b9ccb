"""What generated images do that drawn or photographed ones do not: blur, noise, stains and shifts of colour.

A segmenter that has only seen clean images trusts details that a generator never gets right. Disturbed images
narrow that gap; the masks stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class Disturbance:
    """How far images are changed at most; 0 everywhere changes nothing. Amounts are for images in [-1, 1]."""

    blur: float = 1.0
    """Largest share of the blurred image (twice a 5 x 5 binomial) in the mixture."""
    noise: float = 0.1
    """Largest deviation of the noise of single pixels."""
    stains: float = 0.1
    """Largest deviation of the noise that varies over an eighth of the image."""
    brightness: float = 0.14
    """Largest shift of all channels together."""
    contrast: float = 0.22
    """Largest relative change of the distance from grey."""
    saturation: float = 0.3
    """Largest relative change of the colours' strength."""
    hue: float = 0.14
    """Largest turn of the colours around the grey axis, in radians."""

    def __call__(self, images: Tensor, rng: torch.Generator) -> Tensor:
        """Each of the images (N, 3, H, W) in [-1, 1] changed by amounts of its own, cut off at -1 and 1."""
        count, device = len(images), images.device

        def amount(most: float, low: float = 0.0) -> Tensor:
            return (torch.rand(count, 1, 1, 1, generator=rng) * (1 - low) + low).to(device) * most

        images = torch.lerp(images, _blurred(images), amount(self.blur) * (amount(1.0) > 0.4))
        images = torch.einsum("nij,njhw->nihw", self._colours(count, rng).to(device), images)
        images = images + amount(self.brightness, low=-1.0)
        coarse = torch.randn(count, 3, 8, 8, generator=rng).to(device)
        stains = F.interpolate(coarse, size=images.shape[2:], mode="bilinear")
        fine = torch.randn(images.shape, generator=rng).to(device)
        return (images + stains * amount(self.stains) + fine * amount(self.noise)).clamp(-1, 1)

    def _colours(self, count: int, rng: torch.Generator) -> Tensor:
        """Matrices (N, 3, 3) on RGB: grey stays grey; around it colours turn, fade and grow."""
        turn, strength, contrast = (torch.rand(3, count, 1, 1, generator=rng) * 2 - 1).unbind()
        grey = torch.full((3, 3), 1 / 3)
        cross = torch.tensor([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]]) / 3**0.5
        angle = turn * self.hue
        around = torch.cos(angle) * (torch.eye(3) - grey) + torch.sin(angle) * cross  # Rodrigues' rotation
        return (grey + around * (1 + strength * self.saturation)) * (1 + contrast * self.contrast)


def _blurred(images: Tensor) -> Tensor:
    tap = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0], device=images.device) / 16
    kernel = torch.outer(tap, tap).expand(3, 1, 5, 5)
    for _ in range(2):
        images = F.conv2d(F.pad(images, (2, 2, 2, 2), mode="replicate"), kernel, groups=3)
    return images
