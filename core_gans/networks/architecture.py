"""The numbers that a network family builds from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core_gans.errors import LabError

Upsampling = Literal["transpose", "resize"]
Normalisation = Literal["batch", "instance", "spectral", "none"]


@dataclass(frozen=True)
class Architecture:
    """``shape`` is (C, H, W) of an image or (D,) of a point; the other fields are explained by ``AdversarialGame``."""

    shape: tuple[int, ...]
    latent: int = 100
    width: int = 64
    depth: int = 3
    channels: tuple[int, ...] = ()
    discriminator_channels: tuple[int, ...] = ()
    upsampling: Upsampling = "transpose"
    normalisation: Normalisation = "batch"

    def __post_init__(self) -> None:
        for name in ("latent", "width", "depth"):
            if getattr(self, name) < 1:
                raise LabError(f"expected a {name} of at least 1, got {getattr(self, name)}.")
