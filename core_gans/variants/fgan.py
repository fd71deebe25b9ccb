"""f-GAN: any f-divergence, by its variational bound. Nowozin et al. 2016, equation 6 and tables 1, 2 and 6."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from core_gans.foundation.errors import LabError
from core_gans.games.adversarial import AdversarialGame
from core_gans.losses.objectives import Objective, f_divergence


@dataclass(frozen=True)
class FGAN(AdversarialGame):
    """The divergence is a field; ``python -m core_gans list`` names them all."""

    name: ClassVar[str] = "fgan"
    paper: ClassVar[str] = "Nowozin et al. 2016"

    divergence: str = "gan"
    """kl, reverse_kl, pearson_chi2, neyman_chi2, squared_hellinger, jeffrey, jensen_shannon,
    weighted_jensen_shannon, gan, total_variation or alpha."""
    pi: float = 0.5
    """Weight of the data in weighted_jensen_shannon, in (0, 1)."""
    alpha: float = 0.5
    """Order of the alpha divergence; neither 0 nor 1."""
    generator_objective: Literal["heuristic", "minimax"] = "heuristic"
    """minimax lowers the bound itself (equation 6); heuristic raises E g(fake), which does not fade (section 3.2)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        try:
            self.objective  # noqa: B018  # an unknown divergence, pi or alpha, before any work
        except ValueError as error:
            raise LabError(str(error)) from error

    @property
    def objective(self) -> Objective:
        fields: dict[str, dict[str, Any]] = {
            "weighted_jensen_shannon": {"pi": self.pi},
            "alpha": {"alpha": self.alpha},
        }
        return f_divergence(self.divergence, generator=self.generator_objective, **fields.get(self.divergence, {}))
