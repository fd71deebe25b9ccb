"""Settings for points in the plane, where the papers speak of images: small networks and rates that fit them.

``COMMON`` is what every variant takes in a comparison on points; ``SPECIAL`` is what a variant needs beside it, found
by trying (docs/variants.md has the figures). What sharpens a longer run on a known mixture are the ``fields`` of that
data set (docs/evolution.md).
"""

from __future__ import annotations

from typing import Any

from core_gans.data import DataSet

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

SPECIAL: dict[str, dict[str, Any]] = {
    "wgan": {"method": "rmsprop", "rate": 5e-4, "clip": 0.1, "discriminator_steps": 5, "r1": 0.0},
    "wgan_gp": {"gradient_penalty": 1.0, "r1": 0.0},
    # Two coordinates differ by about 2, where images differ by hundreds.
    "ls_gan": {"tau": 0.1, "mu": 0.0},  # with mu, E L(x) sinks without a bound
    "gls_gan": {"tau": 0.1},
    "ebgan": {"family": "autoencoder", "code": 8, "margin": 2.0, "pulling_away": 0.01, "r1": 0.3, "fall_to": 0.0},
    "began": {"family": "autoencoder", "code": 8, "energy": "euclidean", "r1": 0.3, "k_rate": 0.01},
}


def points_fields(variant: str, data: DataSet | None = None) -> dict[str, Any]:
    """The fields of ``variant`` for points: the common ones, those for ``data``, and its own in their place."""
    return {**COMMON, **(data.fields if data else {}), **SPECIAL.get(variant, {})}
