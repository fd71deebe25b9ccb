"""Relativistic GAN: scores are compared with scores of the other kind. Jolicoeur-Martineau 2019."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from core_gans.games.adversarial import AdversarialGame
from core_gans.losses.objectives import Objective, relativistic_average, relativistic_paired
from core_gans.networks.architecture import Normalisation

FORMS = {"average": relativistic_average, "paired": relativistic_paired}


@dataclass(frozen=True)
class Relativistic(AdversarialGame):
    """Both players compare scores of real and generated examples; spectral normalisation, as in the paper."""

    name: ClassVar[str] = "relativistic"
    paper: ClassVar[str] = "Jolicoeur-Martineau 2019"

    normalisation: Normalisation = "spectral"
    form: Literal["average", "paired"] = "average"
    """average compares with the mean score of the other kind (RaSGAN, section 4.2); paired compares each real example
    with one generated one (RSGAN, section 4.1), which R3GAN takes with --r1 and --r2 (Huang et al. 2024)."""

    def __post_init__(self) -> None:
        super().__post_init__()

    @property
    def objective(self) -> Objective:
        return FORMS[self.form]
