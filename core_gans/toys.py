"""Settings for points in the plane, where the papers speak of images: small networks and rates that fit them.

``common`` is what every variant takes in a comparison on points; ``special`` is what a variant needs beside it, found
by trying (docs/variants.md has the figures).
"""

from __future__ import annotations

from typing import Any

COMMON: dict[str, Any] = {
    "family": "mlp",
    "latent": 2,
    "prior": "uniform",
    "width": 128,
    "depth": 4,
    "normalisation": "none",
    "method": "adam",
    "rate": 2e-3,
    "beta1": 0.5,
    "beta2": 0.99,
    "fall_rounds": -1,
    "discriminator_steps": 1,
    "r1": 0.1,
}

SPECIAL: dict[str, dict[str, Any]] = {}


def points_fields(variant: str) -> dict[str, Any]:
    """The fields of ``variant`` for points: the common ones, and its own in their place."""
    return {**COMMON, **SPECIAL.get(variant, {})}
