"""The numbers that a network family builds from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core_gans.foundation.errors import LabError

Upsampling = Literal["transpose", "resize"]
Normalisation = Literal["batch", "instance", "spectral", "none"]
GeneratorNormalisation = Literal["batch", "none"]
Head = Literal["logit", "softmax"]
Energy = Literal["euclidean", "absolute", "square"]


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
    generator_normalisation: GeneratorNormalisation = "batch"
    head: Head = "logit"
    code: int = 64
    energy: Energy = "euclidean"
    fourier: float = 0.0

    def __post_init__(self) -> None:
        for name in ("latent", "width", "depth", "code"):
            if getattr(self, name) < 1:
                raise LabError(f"expected a {name} of at least 1, got {getattr(self, name)}.")
        if not self.fourier >= 0:
            raise LabError(f"expected a scale of the Fourier features of at least 0, got {self.fourier}.")
