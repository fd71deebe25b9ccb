"""LSGAN: least squares instead of the logistic loss. Mao et al. 2017, equation 2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from core_gans.games.adversarial import AdversarialGame
from core_gans.losses.objectives import Objective, least_squares


@dataclass(frozen=True)
class LSGAN(AdversarialGame):
    """Targets a for fakes, b for reals and c for what the generator wants the fakes to score.

    The two usual settings are (a, b, c) = (0, 1, 1), ``objectives.least_squares_labels``, and (-1, 1, 0),
    ``objectives.least_squares_pearson``, which minimises the Pearson chi2 divergence.
    """

    name: ClassVar[str] = "lsgan"
    paper: ClassVar[str] = "Mao et al. 2017"

    a: float = 0.0
    """Target of fakes; (a, b, c) = (0, 1, 1) is the paper's equation 9."""
    b: float = 1.0
    """Target of reals; (-1, 1, 0) minimises the Pearson chi2 divergence (equation 8)."""
    c: float = 1.0
    """The score that the generator aims at."""

    @property
    def objective(self) -> Objective:
        return least_squares(self.a, self.b, self.c)
