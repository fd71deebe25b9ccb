"""Objectives: from raw scores (logits) to the scalars that the players minimise.

``real`` and ``fake`` are scores of the discriminator on real and generated examples, of any shape; large means
"looks real". Everything is computed in float32 whatever the scores' precision, and stays finite and exact at
scores of +-100, because no objective takes the logarithm of a sigmoid.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Objective:
    """A discriminator's loss and a generator's loss; both are minimised."""

    name: str
    discriminator: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor], Tensor]


def logistic(real: Tensor, fake: Tensor) -> Tensor:
    """-E log D(x) - E log(1 - D(G(z))) with D the sigmoid of the score. Goodfellow et al. 2014, equation 1."""
    return F.softplus(-real.float()).mean() + F.softplus(fake.float()).mean()


minimax = Objective(  # Goodfellow et al. 2014, equation 1: E log(1 - D(G(z)))
    name="minimax",
    discriminator=logistic,
    generator=lambda fake: -F.softplus(fake.float()).mean(),
)

heuristic = Objective(  # Goodfellow et al. 2014, section 3: -E log D(G(z)), also called non-saturating
    name="heuristic",
    discriminator=logistic,
    generator=lambda fake: F.softplus(-fake.float()).mean(),
)

wasserstein = Objective(  # Arjovsky et al. 2017, equation 2, with the critic's sign turned so that it is minimised
    name="wasserstein",
    discriminator=lambda real, fake: fake.float().mean() - real.float().mean(),
    generator=lambda fake: -fake.float().mean(),
)

hinge = Objective(  # Lim & Ye 2017
    name="hinge",
    discriminator=lambda real, fake: F.relu(1 - real.float()).mean() + F.relu(1 + fake.float()).mean(),
    generator=lambda fake: -fake.float().mean(),
)


def least_squares(a: float = 0.0, b: float = 1.0, c: float = 1.0) -> Objective:
    """1/2 E(D(x) - b)^2 + 1/2 E(D(G(z)) - a)^2 and 1/2 E(D(G(z)) - c)^2. Mao et al. 2017, equation 2.

    (a, b, c) = (-1, 1, 0) minimises the Pearson chi2 divergence; (0, 1, 1) labels fake 0 and real 1.
    """
    return Objective(
        name="least_squares",
        discriminator=lambda real, fake: (
            0.5 * ((real.float() - b) ** 2).mean() + 0.5 * ((fake.float() - a) ** 2).mean()
        ),
        generator=lambda fake: 0.5 * ((fake.float() - c) ** 2).mean(),
    )
