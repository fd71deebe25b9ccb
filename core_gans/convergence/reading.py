"""How an objective is to be read: what the discriminator's loss says about the distance of real and generated.

A discriminator that sees no difference gives both kinds one score s; the least loss it can have, min over s of
L(s, s), is the objective's *indifferent* loss. What a discriminator's loss lies below it is the objective's own
estimate of a divergence, and 0 when nothing tells the two apart:

- logistic: 2 log 2 - L, twice a lower bound of the Jensen-Shannon divergence (Goodfellow et al. 2014, equation 5);
- least squares: (b - a)^2 / 4 times a lower bound of 1/2 the integral of (p - q)^2 / (p + q);
- an f-divergence: the variational bound itself (Nowozin et al. 2016, equation 4);
- a critic: E D(real) - E D(generated), Wasserstein-1 up to the critic's slope (Arjovsky et al. 2017, equation 2);
- EBGAN: margin - L, and the margin is what L is at equilibrium (Zhao et al. 2017, theorem 1).

BEGAN has a measure of its own (Berthelot et al. 2017, section 3.4.1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch

from core_gans.losses.objectives import Objective

REACH = 100.0  # scores between which the indifferent loss is looked for
CurveKind = Literal["bounded", "divergence", "critic", "equilibrium"]

_ESTIMATES = {
    "minimax": "Jensen-Shannon divergence",
    "heuristic": "Jensen-Shannon divergence",
    "relativistic_average": "relativistic divergence",
    "relativistic_paired": "relativistic divergence",
    "least_squares": "least-squares divergence",
    "hinge": "hinge divergence",
}


@dataclass(frozen=True)
class Reading:
    """``curve`` says how the curve behaves.

    ``bounded``: the estimate lies below ``indifferent``, and their ratio ``told_apart`` is 1 when a discriminator
    tells every example right. ``divergence``: an estimate of a divergence without a common scale. ``critic``: the
    same, but only up to the critic's slope. ``equilibrium``: BEGAN's k and M.
    """

    curve: CurveKind
    estimate: str  # its name, in words
    indifferent: float  # loss of a discriminator that sees no difference
    threshold: float | None  # score above which an example is taken for real; None where no score means that
    relative: bool = False  # scores mean something beside the other kind's mean only
    energies: bool = False  # scores are minus energies, and ``indifferent`` is the margin

    def numbers(self, loss: float) -> dict[str, float]:
        """What the discriminator's ``loss``, penalties apart, says: ``estimate``, and ``told_apart`` if bounded."""
        estimate = self.indifferent - loss
        return {
            "estimate": estimate,
            **({"told_apart": estimate / self.indifferent} if self.curve == "bounded" else {}),
        }


def reading_of(objective: Objective) -> Reading:
    """The reading of ``objective``; one's own objective is read by the shape of its loss."""
    if objective.name == "boundary_equilibrium":
        return Reading("equilibrium", "measure of convergence M", 0.0, None)
    if objective.name == "wasserstein":
        return Reading("critic", "Wasserstein estimate", 0.0, None)
    if objective.name == "loss_sensitive":
        return Reading("critic", "critic's estimate", 0.0, None)
    score, loss = _indifferent(objective)
    if objective.name == "energy_margin":
        return Reading("bounded", "gap of the energies", loss, None, energies=True)
    if objective.name.startswith("f_"):
        return Reading("divergence", f"{objective.name[2:]} divergence", 0.0, score)
    if objective.name in _ESTIMATES:
        return Reading("bounded", _ESTIMATES[objective.name], loss, score, objective.relative)
    if math.isfinite(loss) and loss > 0 and abs(score) < 0.99 * REACH:
        return Reading("bounded", "divergence", loss, score, objective.relative)
    return Reading("critic", "critic's estimate", 0.0, None)


def _indifferent(objective: Objective) -> tuple[float, float]:
    """The score s that minimises L(s, s), and the loss there, for a loss that falls and then rises in s.

    Of a stretch of equal losses it is the middle: 0 for the hinge, whose loss is 2 between -1 and 1.
    """
    scores = torch.linspace(-REACH, REACH, 801, dtype=torch.float64)
    losses = torch.stack([objective.discriminator(score.view(1), score.view(1)) for score in scores])
    least = scores[losses <= losses.min() + 1e-9]
    low, high = float(least[0]) - 0.25, float(least[-1]) + 0.25
    fine = torch.linspace(low, high, 501, dtype=torch.float64)
    losses = torch.stack([objective.discriminator(score.view(1), score.view(1)) for score in fine])
    least = fine[losses <= losses.min() + 1e-12]
    return float((least[0] + least[-1]) / 2), float(losses.min())
