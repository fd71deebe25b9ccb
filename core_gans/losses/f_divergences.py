"""The f-divergences of f-GAN, one function a row. Nowozin, Cseke & Tomioka 2016, tables 1, 2, 5 and 6.

D_f(P|Q) = E_Q f(p/q), with f convex and f(1) = 0, is at least E_P T - E_Q f*(T) for every T with values in dom f*,
and equal to it at T = f'(p/q). The activation g takes a raw score v into dom f* and increases: a large score says
"looks real". ``conjugate_of_activation`` is f*(g(v)) worked out on paper, since f* after g overflows or cancels.

Value and gradient of g(v) and f*(g(v)) are finite in float32 for scores of +-100 and beyond, and right wherever the
truth stays below e^40. Above it, which some rows reach at |v| = 40, they continue with the tangent of the exponential:
float32 ends at e^88, and Adam squares its gradients. Lower precisions are the caller's to raise.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from core_gans.foundation.names import unknown_name
from core_gans.losses.stable import exp, expm1, half_tanh, log1mexp, log_omega, log_softplus, softplus

Function = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class FDivergence:
    """One row of the tables. Every function is elementwise on tensors of one floating dtype."""

    name: str
    generator: Function
    """f(u) of the ratio u = p/q >= 0; infinite at 0 for some rows."""
    activation: Function
    """g(v) of a raw score, in dom f*."""
    conjugate: Function
    """f*(t) of the tables for t in dom f*, in float64; not safe at the edges of float32."""
    conjugate_of_activation: Function
    """f*(g(v)) of a raw score."""
    optimum: Function
    """T*(u) = f'(u), where the bound is tight."""
    top: float = math.inf
    """The upper end of dom f*, which is also the slope of f at infinity."""


def _kl() -> FDivergence:
    return FDivergence(
        name="kl",
        generator=lambda u: torch.xlogy(u, u),
        activation=lambda v: v,
        conjugate=lambda t: (t - 1).exp(),
        conjugate_of_activation=lambda v: exp(v - 1),
        optimum=lambda u: 1 + u.log(),
    )


def _reverse_kl() -> FDivergence:
    return FDivergence(
        name="reverse_kl",
        generator=lambda u: -u.log(),
        activation=lambda v: -exp(-v),
        conjugate=lambda t: -1 - (-t).log(),
        conjugate_of_activation=lambda v: v - 1,
        optimum=lambda u: -1 / u,
        top=0.0,
    )


def _pearson_chi2() -> FDivergence:
    """f* stays at its least value -1, that of u = 0, below t = -2, where the table's formula would rise again."""

    def conjugate(t: Tensor) -> Tensor:
        t = t.clamp(min=-2.0)
        return t**2 / 4 + t

    return FDivergence(
        name="pearson_chi2",
        generator=lambda u: (u - 1) ** 2,
        activation=lambda v: v,
        conjugate=conjugate,
        conjugate_of_activation=conjugate,
        optimum=lambda u: 2 * (u - 1),
    )


def _neyman_chi2() -> FDivergence:
    return FDivergence(
        name="neyman_chi2",
        generator=lambda u: (1 - u) ** 2 / u,
        activation=lambda v: -expm1(-v),
        conjugate=lambda t: 2 - 2 * (1 - t).sqrt(),
        conjugate_of_activation=lambda v: -2 * expm1(-v / 2),
        optimum=lambda u: 1 - u**-2,
        top=1.0,
    )


def _squared_hellinger() -> FDivergence:
    return FDivergence(
        name="squared_hellinger",
        generator=lambda u: (u.sqrt() - 1) ** 2,
        activation=lambda v: -expm1(-v),
        conjugate=lambda t: t / (1 - t),
        conjugate_of_activation=expm1,
        optimum=lambda u: 1 - u**-0.5,
        top=1.0,
    )


def _jeffrey() -> FDivergence:
    def conjugate(t: Tensor) -> Tensor:
        # the table's w + 1/w + t - 2, with w = W(e^(1-t)) and therefore t = 1 - w - ln w
        log_w = log_omega(1 - t)
        return expm1(-log_w) - log_w

    return FDivergence(
        name="jeffrey",
        generator=lambda u: (u - 1) * u.log(),
        activation=lambda v: v,
        conjugate=conjugate,
        conjugate_of_activation=conjugate,
        optimum=lambda u: 1 + u.log() - 1 / u,
    )


def _jensen_shannon() -> FDivergence:
    """Twice the Jensen-Shannon divergence in its usual convention."""
    return FDivergence(
        name="jensen_shannon",
        generator=lambda u: torch.xlogy(u, 2 * u / (1 + u)) - ((1 + u) / 2).log(),
        activation=lambda v: math.log(2) - softplus(-v),
        conjugate=lambda t: -(2 - t.exp()).log(),
        conjugate_of_activation=lambda v: softplus(v) - math.log(2),
        optimum=lambda u: (2 * u / (1 + u)).log(),
        top=math.log(2),
    )


def _weighted_jensen_shannon(pi: float) -> FDivergence:
    """pi KL(P | M) + (1 - pi) KL(Q | M) with the mixture M = pi P + (1 - pi) Q."""

    def conjugate_of_activation(v: Tensor) -> Tensor:
        # e^(t/pi) of the table is sigmoid(v)^(1/pi) / pi; beyond 40, 1 - sigmoid(v)^(1/pi) is e^-v / pi
        near = log1mexp(softplus(-v.clamp(max=40.0)) / pi)
        return (1 - pi) * (math.log(1 - pi) - torch.where(v > 40, -v - math.log(pi), near))

    return FDivergence(
        name="weighted_jensen_shannon",
        generator=lambda u: pi * torch.xlogy(u, u / (1 - pi + pi * u)) - (1 - pi) * (1 - pi + pi * u).log(),
        activation=lambda v: -pi * math.log(pi) - softplus(-v),
        conjugate=lambda t: (1 - pi) * ((1 - pi) / (1 - pi * (t / pi).exp())).log(),
        conjugate_of_activation=conjugate_of_activation,
        optimum=lambda u: pi * (u / (1 - pi + pi * u)).log(),
        top=-pi * math.log(pi),
    )


def _gan() -> FDivergence:
    """The value of the original game: twice the Jensen-Shannon divergence, less ln 4, which is f(1) here."""
    return FDivergence(
        name="gan",
        generator=lambda u: torch.xlogy(u, u / (1 + u)) - torch.log1p(u),
        activation=lambda v: -softplus(-v),
        conjugate=lambda t: -(-torch.expm1(t)).log(),
        conjugate_of_activation=softplus,
        optimum=lambda u: -torch.log1p(1 / u),
        top=0.0,
    )


def _total_variation() -> FDivergence:
    return FDivergence(
        name="total_variation",
        generator=lambda u: (u - 1).abs() / 2,
        activation=half_tanh,
        conjugate=lambda t: t.clamp(min=-0.5),
        conjugate_of_activation=half_tanh,
        optimum=lambda u: (u - 1).sign() / 2,
        top=0.5,
    )


def _alpha(alpha: float) -> FDivergence:
    """(E_Q u^alpha - 1) / (alpha (alpha - 1)).

    Half of Pearson's at 2 and of Neyman's at -1, twice squared Hellinger's at 1/2. Above 1, f* stays at its least
    value -1/alpha below t = -1/(alpha - 1), where the table's power has no real value.
    """
    power = alpha / (alpha - 1)
    below_one = alpha < 1

    def f_star(log_base: Tensor) -> Tensor:
        return expm1(power * log_base) / alpha

    def conjugate(t: Tensor) -> Tensor:
        edge = torch.finfo(t.dtype).eps - 1
        excess = (alpha - 1) * t  # the table's base is 1 + this
        inside = f_star(torch.log1p(excess.clamp(min=edge)))
        return inside if below_one else torch.where(excess > edge, inside, -1 / alpha)

    return FDivergence(
        name="alpha",
        generator=lambda u: (u**alpha - 1 - alpha * (u - 1)) / (alpha * (alpha - 1)),
        activation=(lambda v: 1 / (1 - alpha) - softplus(-v)) if below_one else (lambda v: v),
        conjugate=conjugate,
        # below 1, the base is (1 - alpha) softplus(-v)
        conjugate_of_activation=(
            (lambda v: f_star(math.log(1 - alpha) + log_softplus(-v))) if below_one else conjugate
        ),
        optimum=lambda u: (u ** (alpha - 1) - 1) / (alpha - 1),
        top=1 / (1 - alpha) if below_one else math.inf,
    )


_PLAIN: dict[str, Callable[[], FDivergence]] = {
    "kl": _kl,
    "reverse_kl": _reverse_kl,
    "pearson_chi2": _pearson_chi2,
    "neyman_chi2": _neyman_chi2,
    "squared_hellinger": _squared_hellinger,
    "jeffrey": _jeffrey,
    "jensen_shannon": _jensen_shannon,
    "gan": _gan,
    "total_variation": _total_variation,
}

NAMES: tuple[str, ...] = (*_PLAIN, "weighted_jensen_shannon", "alpha")
"""The rows by name; alpha stands for two of them, below and above 1."""


def f_divergence(name: str, *, pi: float = 0.5, alpha: float = 0.5) -> FDivergence:
    """The row called ``name``; ``pi`` is the data's weight in weighted_jensen_shannon, ``alpha`` the order of alpha.

    ValueError for an unknown name, for a ``pi`` outside (0, 1), and for an ``alpha`` of 0 or 1, whose limits are
    rows of their own.
    """
    if name == "weighted_jensen_shannon":
        if not 0 < pi < 1:
            raise ValueError(f"expected a weight pi of the data strictly between 0 and 1, got {pi}.")
        return _weighted_jensen_shannon(pi)
    if name == "alpha":
        if not math.isfinite(alpha):
            raise ValueError(f"expected a finite alpha, got {alpha}.")
        if alpha in (0, 1):
            limit = "reverse_kl" if alpha == 0 else "kl"
            raise ValueError(f"alpha = {alpha:g} is only a limit of the alpha divergence: choose {limit} instead.")
        return _alpha(alpha)
    if name not in _PLAIN:
        raise unknown_name("f-divergence", name, NAMES)
    return _PLAIN[name]()
