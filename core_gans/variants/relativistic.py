"""Relativistic average GAN: scores are compared with the mean score of the other kind. Jolicoeur-Martineau 2019."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from core_gans.games.adversarial import AdversarialGame
from core_gans.losses.objectives import Objective, relativistic_average
from core_gans.networks.architecture import Normalisation


@dataclass(frozen=True)
class Relativistic(AdversarialGame):
    """Both players compare scores with the mean score of the other kind; spectral normalisation, as in the paper."""

    name: ClassVar[str] = "relativistic"
    paper: ClassVar[str] = "Jolicoeur-Martineau 2019"

    normalisation: Normalisation = "spectral"

    @property
    def objective(self) -> Objective:
        return relativistic_average
