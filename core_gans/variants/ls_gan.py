"""LS-GAN: the loss-sensitive GAN, whose generated examples must lose by a margin of their own. Qi 2020, equation 6."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from core_gans.games.loss_sensitive import LossSensitiveGame


@dataclass(frozen=True)
class LossSensitiveGAN(LossSensitiveGame):
    """mu E L(x) + E (tau |x - G(z)|_1 + L(x) - L(G(z)))+; not to be confused with LSGAN, least squares."""

    name: ClassVar[str] = "ls_gan"
    paper: ClassVar[str] = "Qi 2020"

    mu: float = 1.0
    """Weight of the real examples' own loss."""

    @property
    def weight(self) -> float:
        return self.mu
