"""What an inversion wants: a picture whose pixels, and whose features in a network's eyes, are those of the target."""

from __future__ import annotations

from torch import Tensor

from dissect.inversion.perceptual import Perceptual, distance


class Goal:
    """The picture to reach, and how far another is from it."""

    def __init__(self, target: Tensor, perceptual: Perceptual | None, weight: float) -> None:
        self.target, self.weight = target, weight
        self.perceptual = perceptual if weight > 0 else None
        self.seen = [part.detach() for part in self.perceptual.features(target)] if self.perceptual else []

    def loss(self, images: Tensor) -> Tensor:
        """(N,) of images (N, C, H, W)."""
        apart = images - self.target
        found = apart.abs().mean((1, 2, 3)) + apart.square().mean((1, 2, 3))
        if self.perceptual is not None:
            found = found + self.weight * distance(self.perceptual.features(images), self.seen)
        return found
