"""GLS-GAN: one family from LS-GAN (slope 0) to WGAN (slope 1). Qi 2020, section 6; the survey's equation for C_v."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from core_gans.foundation.errors import LabError
from core_gans.games.loss_sensitive import LossSensitiveGame


@dataclass(frozen=True)
class GLSGAN(LossSensitiveGame):
    """E C_v(tau |x - G(z)|_1 + L(x) - L(G(z))) with the cost C_v(a) = max(a, v a)."""

    name: ClassVar[str] = "gls_gan"
    paper: ClassVar[str] = "Qi 2020"

    v: float = 0.01
    """Slope of the cost where the margin is kept, at most 1; 0 is LS-GAN, 1 has WGAN's gradient, -1 is |a|."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.v <= 1:
            raise LabError(f"expected a slope v of at most 1, got {self.v}: above it, max(a, v a) is no GLS-GAN cost.")

    @property
    def slope(self) -> float:
        return self.v
