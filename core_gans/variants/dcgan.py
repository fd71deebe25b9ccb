"""DCGAN: the convolutional networks on which objectives are compared. Radford et al. 2016."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from core_gans.games.adversarial import AdversarialGame
from core_gans.losses.objectives import Objective, heuristic


@dataclass(frozen=True)
class DCGAN(AdversarialGame):
    """The heuristic objective with Adam at 2e-4 and beta1 0.5, latents from U(-1, 1)^100 (section 4 of the paper).

    The paper's width is 128 and its batch 128 (figure 1, section 4); half of both by default takes an eighth of the
    time for a round. ``--preset paper`` has them.
    """

    name: ClassVar[str] = "dcgan"
    paper: ClassVar[str] = "Radford et al. 2016"

    prior: Literal["normal", "uniform"] = "uniform"

    @property
    def objective(self) -> Objective:
        return heuristic
