"""Feature extractors of metrics: a named map from images to features, and a classifier that has one inside.

A distance between two sets of images means little without the features it was measured in, so every extractor
carries a ``name`` and every number is reported as ``metric[name]``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Protocol

import torch.nn.functional as F
from torch import Tensor

from core_gans.foundation.errors import LabError


class FeatureExtractor(Protocol):
    """Maps images (N, C, H, W) in [-1, 1] to features (N, F)."""

    name: str

    def __call__(self, images: Tensor) -> Tensor: ...


class Classifier(FeatureExtractor, Protocol):
    """A feature extractor with a head: ``logits`` maps its features (N, F) to class scores (N, K)."""

    classes: tuple[str, ...]

    def logits(self, features: Tensor) -> Tensor: ...


class Backbone(ABC):
    """A network of a person's own whose features are used and whose classes are not: Inception's, CLIP, DINO."""

    name: str
    size: int
    """Numbers of an image's features."""
    classes: tuple[str, ...] = ()

    @abstractmethod
    def __call__(self, images: Tensor) -> Tensor:
        """Features (N, size) of images (N, 1 or 3, H, W) in [-1, 1]."""

    def logits(self, features: Tensor) -> Tensor:
        """Of ``features`` (N, size): LabError, as there are no classes here."""
        del features
        raise LabError(f"{self.name} knows no classes: give a classifier.")

    def colours(self, images: Tensor) -> Tensor:
        """The images (N, C, H, W) in three colours; ValueError for other shapes."""
        if images.ndim != 4 or images.shape[1] not in (1, 3):
            raise ValueError(f"{self.name} expects images of shape (N, 1 or 3, H, W), got {tuple(images.shape)}")
        return images.float().expand(-1, 3, -1, -1)


def at_side(images: Tensor, side: int) -> Tensor:
    """Images (N, C, H, W) brought to ``side`` x ``side`` pixels: larger ones by area, smaller ones bilinearly."""
    if images.shape[2:] == (side, side):
        return images
    larger = min(images.shape[2:]) >= side
    return F.interpolate(images, size=(side, side), mode="area" if larger else "bilinear")
