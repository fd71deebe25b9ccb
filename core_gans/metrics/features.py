"""Feature extractors of metrics: a named map from images to features, and a classifier that has one inside.

A distance between two sets of images means little without the features it was measured in, so every extractor
carries a ``name`` and every number is reported as ``metric[name]``.
"""

from __future__ import annotations

from typing import Protocol

import torch.nn.functional as F
from torch import Tensor


class FeatureExtractor(Protocol):
    """Maps images (N, C, H, W) in [-1, 1] to features (N, F)."""

    name: str

    def __call__(self, images: Tensor) -> Tensor: ...


class Classifier(FeatureExtractor, Protocol):
    """A feature extractor with a head: ``logits`` maps its features (N, F) to class scores (N, K)."""

    classes: tuple[str, ...]

    def logits(self, features: Tensor) -> Tensor: ...


def at_side(images: Tensor, side: int) -> Tensor:
    """Images (N, C, H, W) brought to ``side`` x ``side`` pixels: larger ones by area, smaller ones bilinearly."""
    if images.shape[2:] == (side, side):
        return images
    larger = min(images.shape[2:]) >= side
    return F.interpolate(images, size=(side, side), mode="area" if larger else "bilinear")
