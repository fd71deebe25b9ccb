"""What a metric looks through: a named map from images to features, and a classifier that has one inside.

A distance between two sets of images means little without the features it was measured in, so every extractor
carries a ``name`` and every number is reported as ``metric[name]``.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor


class FeatureExtractor(Protocol):
    """Maps images (N, C, H, W) in [-1, 1] to features (N, F)."""

    name: str

    def __call__(self, images: Tensor) -> Tensor: ...


class Classifier(FeatureExtractor, Protocol):
    """A feature extractor with a head: ``logits`` maps its features (N, F) to class scores (N, K)."""

    classes: tuple[str, ...]

    def logits(self, features: Tensor) -> Tensor: ...


def require_finite(values: Tensor, what: str) -> None:
    """Raise ``ValueError`` naming ``what`` when any of ``values`` is NaN or infinite."""
    broken = int((~torch.isfinite(values)).sum())
    if broken:
        raise ValueError(
            f"{what} must be finite, but {broken} of {values.numel()} values are NaN or infinite; "
            "a model that produced them has diverged: go back to an earlier checkpoint or lower its learning rate"
        )
