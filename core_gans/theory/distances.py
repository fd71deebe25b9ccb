"""GAN theory on a line: densities, the optimal discriminator, divergences and distances, and f-GAN's bound.

Goodfellow et al. 2014, section 4; Arjovsky et al. 2017, section 2; Nowozin et al. 2016, section 2. Everything is an
integral by Gauss-Legendre quadrature in float64, on panels laid out by the landmarks of the two densities; KL, JSD and
W1 can be differentiated in the densities' parameters. Divergences are in nats; an infinite one comes out as infinity
where a density ends, and as a large number where only its tail is too light. All answers are scalars; all raise
ValueError for densities with fewer than two landmarks.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from core_gans.losses.f_divergences import FDivergence
from core_gans.theory.densities import Density

Function = Callable[[Tensor], Tensor]

NODES, PANELS = 8, 16  # of one panel; between two landmarks
NOTHING = 1e-290  # below this, a density is taken for zero, so that ratios stay within float64
EDGE = 1e-14  # how near T may come to the end of dom f*; costs the bound as little


def quadrature(*densities: Density) -> tuple[Tensor, Tensor]:
    """Points (N,) and weights (N,) that integrate over wherever one of the ``densities`` has mass."""
    marks = torch.cat([density.landmarks for density in densities]).double().unique()
    if len(marks) < 2:
        raise ValueError("expected densities with at least two landmarks between which to integrate.")
    lefts, widths = marks[:-1, None], marks.diff()[:, None] / PANELS
    lefts = lefts + widths * torch.arange(PANELS, dtype=torch.float64)  # (landmarks - 1, PANELS)
    nodes, weights = _legendre()
    points = lefts[..., None] + widths[..., None] * nodes
    return points.flatten(), (widths[..., None] * weights).expand_as(points).flatten()


@functools.cache
def _legendre() -> tuple[Tensor, Tensor]:
    nodes, weights = np.polynomial.legendre.leggauss(NODES)  # on [-1, 1]
    return torch.from_numpy((nodes + 1) / 2), torch.from_numpy(weights / 2)


def optimal_discriminator(p: Density, q: Density) -> Function:
    """D*(x) = p / (p + q), the best answer to data ``p`` and model ``q``. Goodfellow et al. 2014, proposition 1.

    1/2 where neither has mass.
    """

    def discriminator(x: Tensor) -> Tensor:
        data, model = p.pdf(x), q.pdf(x)
        nowhere = (data < NOTHING) & (model < NOTHING)
        return torch.where(nowhere, 0.5, data / torch.where(nowhere, 1.0, data + model))

    return discriminator


def game_value(discriminator: Function, p: Density, q: Density) -> Tensor:
    """V(D) = E_p log D + E_q log(1 - D). Goodfellow et al. 2014, equation 1. At D*, 2 JSD - log 4."""
    x, weights = quadrature(p, q)
    answers = discriminator(x)
    return (weights * (torch.xlogy(p.pdf(x), answers) + torch.xlogy(q.pdf(x), 1 - answers))).sum()


def kl(p: Density, q: Density) -> Tensor:
    """KL(p | q) = E_p log(p / q)."""
    x, weights = quadrature(p, q)
    return (weights * _relative_entropy(p.pdf(x), q.pdf(x))).sum()


def reverse_kl(p: Density, q: Density) -> Tensor:
    """KL(q | p), with the model first."""
    return kl(q, p)


def jensen_shannon(p: Density, q: Density) -> Tensor:
    """1/2 KL(p | m) + 1/2 KL(q | m) with m = (p + q) / 2: from 0 to log 2, which disjoint densities have."""
    x, weights = quadrature(p, q)
    data, model = p.pdf(x), q.pdf(x)
    middle = (data + model) / 2
    return (weights * (_relative_entropy(data, middle) + _relative_entropy(model, middle))).sum() / 2


def pearson_chi2(p: Density, q: Density) -> Tensor:
    """The integral of (p - q)^2 / q."""
    x, weights = quadrature(p, q)
    data, model = p.pdf(x), q.pdf(x)
    return (weights * _where_mass(data, model, lambda u, scale: scale * (u - 1) ** 2, math.inf)).sum()


def neyman_chi2(p: Density, q: Density) -> Tensor:
    """The integral of (p - q)^2 / p."""
    return pearson_chi2(q, p)


def total_variation(p: Density, q: Density) -> Tensor:
    """Half the integral of |p - q|: from 0 to 1."""
    x, weights = quadrature(p, q)
    return (weights * (p.pdf(x) - q.pdf(x)).abs()).sum() / 2


def wasserstein1(p: Density, q: Density) -> Tensor:
    """W1, the earth mover's distance: on a line, the integral of |P - Q| of the cumulative distributions."""
    x, weights = quadrature(p, q)
    return (weights * (p.cdf(x) - q.cdf(x)).abs()).sum()


def gaussian_kl(mean_p: float, std_p: float, mean_q: float, std_q: float) -> float:
    """KL(p | q) of two Gaussians in closed form; ``std_p`` and ``std_q`` above 0, beside ``mean_p`` and ``mean_q``."""
    return math.log(std_q / std_p) + (std_p**2 + (mean_p - mean_q) ** 2) / (2 * std_q**2) - 0.5


def gaussian_wasserstein1(mean_p: float, std_p: float, mean_q: float, std_q: float) -> float:
    """W1 of two Gaussians in closed form: E |shift + stretch Z|, with the shift ``mean_p`` - ``mean_q`` and the stretch
    ``std_p`` - ``std_q``: the shift alone when the deviations are equal.
    """
    shift, stretch = abs(mean_p - mean_q), abs(std_p - std_q)
    if stretch == 0:
        return shift
    ratio = shift / stretch
    return stretch * math.sqrt(2 / math.pi) * math.exp(-(ratio**2) / 2) + shift * math.erf(ratio / math.sqrt(2))


def f_divergence_of(row: FDivergence, p: Density, q: Density) -> Tensor:
    """D_f(p | q) = E_q f(p / q); where only ``p`` has mass, f grows with its slope at infinity."""
    x, weights = quadrature(p, q)
    data, model = p.pdf(x), q.pdf(x)
    return (weights * _where_mass(data, model, lambda u, scale: scale * row.generator(u), row.top)).sum()


def f_bound(row: FDivergence, critic: Function, p: Density, q: Density) -> Tensor:
    """E_p T - E_q f*(T), the bound that f-GAN's discriminator raises. Nowozin et al. 2016, equation 4.

    ``critic`` is T: points (N,) to values (N,) in dom f*. At most ``f_divergence_of``, and equal at ``optimal_critic``.
    ValueError for a T that leaves dom f*, where f* is infinite.
    """
    x, weights = quadrature(p, q)
    data, model, values = p.pdf(x), q.pdf(x), critic(x)
    if (values > row.top + EDGE).any():
        raise ValueError(
            f"expected a critic of at most {row.top:.6g}, the end of dom f* of {row.name}, got {values.max():.6g}: "
            f"pass its scores through the row's activation."
        )
    values = values.clamp(max=row.top - EDGE)
    of_data = torch.where(data > NOTHING, data * values, 0.0)
    of_model = torch.where(model > NOTHING, model * row.conjugate(values), 0.0)
    return (weights * (of_data - of_model)).sum()


def optimal_critic(row: FDivergence, p: Density, q: Density) -> Function:
    """T*(x) = f'(p / q), at which the bound is tight."""
    return lambda x: row.optimum(p.pdf(x).clamp(min=NOTHING) / q.pdf(x).clamp(min=NOTHING))


def _relative_entropy(p: Tensor, q: Tensor) -> Tensor:
    """p log(p / q), 0 where p is."""
    there = p > NOTHING
    inside = torch.where(there, p, 1.0)
    return torch.where(there, inside * (inside.log() - torch.where(there, q, 1.0).log()), 0.0)


def _where_mass(p: Tensor, q: Tensor, f: Callable[[Tensor, Tensor], Tensor], top: float) -> Tensor:
    """``f`` of (p / q, q) where q has mass, p times ``top`` where only p has any, 0 elsewhere."""
    there = q > NOTHING
    scale = torch.where(there, q, 1.0)
    beyond = torch.where(~there & (p > NOTHING), p * top if math.isfinite(top) else top, 0.0)
    return torch.where(there, f(p / scale, scale), beyond)
