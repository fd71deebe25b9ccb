"""Checks for numbers that no measurement can use: NaN, infinity, and features of a wrong shape."""

from __future__ import annotations

import torch
from torch import Tensor


def require_finite(values: Tensor, what: str) -> None:
    """Raise ``ValueError`` naming ``what`` when any of ``values`` is NaN or infinite."""
    broken = int((~torch.isfinite(values)).sum())
    if broken:
        raise ValueError(
            f"{what} must be finite, but {broken} of {values.numel()} values are NaN or infinite; "
            "a model that produced them has diverged: go back to an earlier checkpoint or lower its learning rate"
        )


def require_features(features: Tensor) -> None:
    """Raise ``ValueError`` unless ``features`` are (N, F) with N >= 1, and finite."""
    if features.ndim != 2 or not len(features):
        raise ValueError(f"expected features of shape (N, F) with N >= 1, got {tuple(features.shape)}")
    require_finite(features, "the features")
