"""GAN: the original two-player game, on fully connected networks. Goodfellow et al. 2014, algorithm 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from core_gans.foundation.errors import LabError
from core_gans.games.adversarial import AdversarialGame
from core_gans.losses.objectives import Objective, goodfellow
from core_gans.networks.architecture import Normalisation


@dataclass(frozen=True)
class GAN(AdversarialGame):
    """Logistic loss; the generator minimises the heuristic (-log D) or the minimax objective (log(1 - D)).

    The networks are of the paper's kind: rectifiers and a sigmoid against maxout and dropout. Adam takes the place of
    the paper's momentum, because it needs no search for a rate; ``--preset paper`` has gradient descent at 0.1. The
    authors' code also lets the rate fall and the momentum rise from 0.5 to 0.7, which no field says.
    """

    name: ClassVar[str] = "gan"
    paper: ClassVar[str] = "Goodfellow et al. 2014"

    family: str = "maxout"
    width: int = 240
    """Units of each hidden layer. The paper's generator has 1,200 for MNIST and takes longer: --channels 1200 1200."""
    depth: int = 2
    normalisation: Normalisation = "none"
    prior: Literal["normal", "uniform"] = "uniform"
    generator_objective: Literal["heuristic", "minimax"] = "heuristic"
    """heuristic keeps its gradient when the discriminator wins; minimax is the paper's equation 1."""
    smoothing: float = 0.0
    """What real labels lack of 1 (one-sided label smoothing; Salimans et al. 2016 take 0.1)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.smoothing < 0.5:
            raise LabError(f"expected smoothing in [0, 0.5), got {self.smoothing}: real labels are 1 - smoothing.")

    @property
    def objective(self) -> Objective:
        return goodfellow(self.generator_objective, self.smoothing)
