"""Settings for points in the plane, where the papers speak of images: small networks and rates that fit them.

``COMMON`` is what every variant takes in a comparison on points; ``SPECIAL`` is what a variant needs beside it, found
by trying (docs/variants.md has the figures). ``BY_DATA`` is what sharpens a longer run on one of the known mixtures
(docs/evolution.md).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, TypeVar

from core_gans.game import Game

AGame = TypeVar("AGame", bound=Game)

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


BY_DATA: dict[str, dict[str, Any]] = {
    "ring": {"fall_to": 0.0},
    # Its modes are near to each other: waves tell them apart sooner, and with the common rate one long run in five of
    # an evolution loses what it has in the middle.
    "grid": {"fall_to": 0.0, "fourier": 2.0, "rate": 1e-3},
}
ROUNDS = {"ring": 8_000, "grid": 17_500}  # of a run without a bound, so that its rates know when they have fallen


def points_fields(variant: str, data: str = "") -> dict[str, Any]:
    """The fields of ``variant`` for points: the common ones, those for ``data``, and its own in their place."""
    return {**COMMON, **BY_DATA.get(data, {}), **SPECIAL.get(variant, {})}


def suited(kind: type[AGame], words: Sequence[str]) -> tuple[AGame, int | None]:
    """The game of ``kind`` that a command begins with, and its rounds, before the other ``words`` of it are read.

    Where ``--data`` names points, the settings for them stand in place of the paper's, which are meant for images.
    """
    mixture = mixture_in(words)
    if not mixture:
        return kind(), None
    fields = points_fields(kind.name, mixture)
    bounded = _given(words, "rounds") or _given(words, "seconds")
    if _given(words, "seconds") and not _given(words, "rounds"):
        fields["fall_rounds"] = 0  # nobody knows how many rounds it will be
    known = {field.name for field in dataclasses.fields(kind)}
    game = kind(**{name: value for name, value in fields.items() if name in known})
    return game, None if bounded else ROUNDS[mixture]


def mixture_in(words: Sequence[str]) -> str:
    """The known mixture that the words of a command name as their data; empty where they name others."""
    data = _given(words, "data")
    return data if data in BY_DATA else ""


def _given(words: Sequence[str], option: str) -> str:
    """What stands behind ``--option`` in the words of a command; empty where it is not there."""
    joined = [word for name in words for word in (name.split("=", 1) if name.startswith(f"--{option}=") else [name])]
    places = [place for place, word in enumerate(joined[:-1]) if word == f"--{option}"]
    return joined[places[-1] + 1] if places else ""
