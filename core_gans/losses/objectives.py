"""Objectives: from raw scores (logits) to the scalars that the players minimise.

``real`` and ``fake`` are scores of the discriminator on real and generated examples; large means "looks real". They
may have any shape, but both the same beyond the first dimension: (N,) against (N, 1) would silently be broadcast to
(N, N) and is refused. Everything is computed in float32 whatever the scores' precision (float64 stays float64), and
stays finite and exact at scores of +-100, because no objective takes the logarithm of a sigmoid.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from core_gans.losses import f_divergences
from core_gans.losses.stable import softplus

DiscriminatorLoss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Objective:
    """A discriminator's loss of (real, fake) and a generator's loss of (fake); both are minimised.

    ``regularised`` says whether the objective's theory rests on a discriminator of bounded slope (the survey's
    figure 5). A ``relative`` generator's loss also needs the real scores: it takes (fake, real).
    """

    name: str
    discriminator: DiscriminatorLoss
    generator: Callable[..., Tensor]
    regularised: bool = False
    relative: bool = False

    def __post_init__(self) -> None:
        of_discriminator, of_generator = self.discriminator, self.generator

        def discriminator(real: Tensor, fake: Tensor) -> Tensor:
            _require_same_kind(real, fake)
            return of_discriminator(_exact(real), _exact(fake))

        def generator(fake: Tensor, real: Tensor | None = None) -> Tensor:
            if not self.relative:
                return of_generator(_exact(fake))
            if real is None:
                raise ValueError(f"the generator's loss of {self.name} compares fakes with reals: give both scores.")
            _require_same_kind(real, fake)
            return of_generator(_exact(fake), _exact(real))

        object.__setattr__(self, "discriminator", discriminator)
        object.__setattr__(self, "generator", generator)


def _exact(scores: Tensor) -> Tensor:
    return scores if scores.dtype == torch.float64 else scores.float()


def _require_same_kind(real: Tensor, fake: Tensor) -> None:
    if real.shape[1:] != fake.shape[1:] or real.dim() != fake.dim():
        raise ValueError(
            f"expected scores of the same shape for each example, got {tuple(real.shape)} for real and "
            f"{tuple(fake.shape)} for generated ones: let the discriminator return (N,) for both."
        )


def logistic(real: Tensor, fake: Tensor, smoothing: float = 0.0) -> Tensor:
    """-E log D(x) - E log(1 - D(G(z))) with D the sigmoid of scores (N,); a scalar in nats.

    Goodfellow et al. 2014, equation 1. ``smoothing`` asks of real examples a D of 1 - smoothing only
    (one-sided; Salimans et al. 2016, section 3.4).
    """
    of_real = (1 - smoothing) * softplus(-real).mean()
    if smoothing:
        of_real = of_real + smoothing * softplus(real).mean()
    return of_real + softplus(fake).mean()


def goodfellow(generator: Literal["heuristic", "minimax"] = "heuristic", smoothing: float = 0.0) -> Objective:
    """The objective of Goodfellow et al. 2014 with the generator's loss of equation 1 (``minimax``) or section 3.

    The target of real examples is 1 - ``smoothing``, in [0, 1) (Salimans et al. 2016, section 3.4).
    """
    of_generator = {
        "minimax": lambda fake: -softplus(fake).mean(),  # E log(1 - D(G(z)))
        "heuristic": lambda fake: softplus(-fake).mean(),  # -E log D(G(z)), also called non-saturating
    }
    return Objective(generator, lambda real, fake: logistic(real, fake, smoothing), of_generator[generator])


minimax = goodfellow("minimax")

heuristic = goodfellow("heuristic")

wasserstein = Objective(  # Arjovsky et al. 2017, equation 2, with the critic's sign turned so that it is minimised
    name="wasserstein",
    discriminator=lambda real, fake: fake.mean() - real.mean(),
    generator=lambda fake: -fake.mean(),
    regularised=True,
)

hinge = Objective(  # Lim & Ye 2017
    name="hinge",
    discriminator=lambda real, fake: F.relu(1 - real).mean() + F.relu(1 + fake).mean(),
    generator=lambda fake: -fake.mean(),
)

relativistic_average = Objective(  # Jolicoeur-Martineau 2019, section 4.2, with the logistic loss
    name="relativistic_average",
    discriminator=lambda real, fake: softplus(fake.mean() - real).mean() + softplus(fake - real.mean()).mean(),
    generator=lambda fake, real: softplus(real.mean() - fake).mean() + softplus(real - fake.mean()).mean(),
    relative=True,
)

relativistic_paired = Objective(  # the same, section 4.1: each real beside one fake; R3GAN's loss (Huang et al. 2024)
    name="relativistic_paired",
    discriminator=lambda real, fake: softplus(_paired(fake, real)).mean(),
    generator=lambda fake, real: softplus(_paired(real, fake)).mean(),
    relative=True,
)


def _paired(one: Tensor, other: Tensor) -> Tensor:
    if one.shape != other.shape:
        raise ValueError(
            "the paired form compares each real example with one generated one: expected as many of both, got scores "
            f"{tuple(one.shape)} and {tuple(other.shape)}."
        )
    return one - other


def least_squares(a: float = 0.0, b: float = 1.0, c: float = 1.0) -> Objective:
    """1/2 E(D(x) - b)^2 + 1/2 E(D(G(z)) - a)^2 and 1/2 E(D(G(z)) - c)^2. Mao et al. 2017, equation 2."""
    return Objective(
        name="least_squares",
        discriminator=lambda real, fake: 0.5 * ((real - b) ** 2).mean() + 0.5 * ((fake - a) ** 2).mean(),
        generator=lambda fake: 0.5 * ((fake - c) ** 2).mean(),
    )


least_squares_labels = least_squares(0, 1, 1)  # equation 9: fakes are to score 0, reals 1

least_squares_pearson = least_squares(-1, 1, 0)  # equation 8: minimises the Pearson chi2 divergence


def f_divergence(name: str, *, generator: Literal["minimax", "heuristic"] = "minimax", **fields: Any) -> Objective:
    """The variational bound of an f-divergence: -E g(real) + E f*(g(fake)). Nowozin et al. 2016, equations 6 and 9.

    The generator minimises -E f*(g(fake)) (``minimax``), or -E g(fake) (``heuristic``, section 3.2), which keeps its
    gradient when the discriminator wins. ``name`` is a row of ``f_divergences``; ``fields`` are its pi or alpha.
    ValueError for another name, or a value that its row refuses.
    """
    row = f_divergences.f_divergence(name, **fields)
    of_generator = {
        "minimax": lambda fake: -row.conjugate_of_activation(fake).mean(),
        "heuristic": lambda fake: -row.activation(fake).mean(),
    }
    return Objective(
        name=f"f_{row.name}",
        discriminator=lambda real, fake: row.conjugate_of_activation(fake).mean() - row.activation(real).mean(),
        generator=of_generator[generator],
    )


def loss_sensitive(margin: Tensor | float, slope: float = 0.0, weight: float = 0.0) -> Objective:
    """weight E L(x) + E C(margin + L(x) - L(G(z))), with C(a) = max(a, slope a) and the loss L = -score.

    Slope 0 is LS-GAN (Qi 2020, equation 6, whose ``weight`` is mu); slopes up to 1 are GLS-GAN (section 6), and slope
    1 has WGAN's gradient. ``margin`` is one number, or one for each pair of examples (N,). ValueError for a larger
    slope; its losses raise it for scores that are no pairs.
    """
    if not slope <= 1:
        raise ValueError(
            f"expected a slope v of at most 1, got {slope}: above it, the cost max(a, v a) is not GLS-GAN's."
        )

    def discriminator(real: Tensor, fake: Tensor) -> Tensor:
        if real.shape != fake.shape:
            raise ValueError(
                f"expected as many real as generated examples, got scores {tuple(real.shape)} and {tuple(fake.shape)}."
            )
        if isinstance(margin, Tensor) and margin.dim() and margin.shape != real.shape:
            raise ValueError(
                f"expected one margin for each pair, got margins {tuple(margin.shape)} for scores {tuple(real.shape)}: "
                "let the discriminator return (N,)."
            )
        surplus = margin - real + fake
        return torch.maximum(surplus, slope * surplus).mean() - weight * real.mean()

    return Objective("loss_sensitive", discriminator, lambda fake: -fake.mean(), regularised=True)


def energy_margin(margin: float = 10.0) -> Objective:
    """E e(x) + E [margin - e(G(z))]+ and E e(G(z)), with the energy e = -score. Zhao et al. 2017, equations 1 and 2.

    ValueError for a ``margin`` of 0 or less.
    """
    if not margin > 0:
        raise ValueError(f"expected a margin m above 0, got {margin}: below it, nothing pushes the fakes' energy up.")
    return Objective(
        name="energy_margin",
        discriminator=lambda real, fake: -real.mean() + F.relu(margin + fake).mean(),
        generator=lambda fake: -fake.mean(),
        regularised=True,
    )


def boundary_equilibrium(k: Tensor | float) -> Objective:
    """L(x) - k L(G(z)) and L(G(z)) of scores (N,), with the loss L = -score and k in [0, 1].

    Berthelot et al. 2017, section 3.4. Like all losses here, they raise ValueError for scores of two shapes.
    """
    return Objective(
        name="boundary_equilibrium",
        discriminator=lambda real, fake: -real.mean() + k * fake.mean(),
        generator=lambda fake: -fake.mean(),
        regularised=True,
    )
