"""Densities on a line with closed forms: Gaussian, Laplace, uniform and their mixtures.

Points are float64 tensors of any shape. Parameters may be numbers or tensors with a gradient, through which densities
and their divergences can be differentiated.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

Number = float | Tensor

# in standard deviations: close together where the mass is; e^-200 is left beyond the ends
_GAUSSIAN = torch.cat([torch.tensor([-20.0, -14.0]), torch.linspace(-10, 10, 41), torch.tensor([14.0, 20.0])]).double()
_LAPLACE = torch.cat([-torch.logspace(2.3, -2, 30), torch.zeros(1), torch.logspace(-2, 2.3, 30)]).double()  # in scales


@dataclass(frozen=True)
class Density:
    """A probability density with its cumulative distribution and the places between which it is smooth."""

    pdf: Callable[[Tensor], Tensor]
    cdf: Callable[[Tensor], Tensor]
    landmarks: Tensor
    """(K,), ascending: kinks and jumps, closer together where the density changes faster, and the ends of its mass."""


def gaussian(mean: Number, std: Number) -> Density:
    """N(mean, std^2). ValueError for a ``std`` of 0 or less."""
    mean, std = _number(mean), _positive("standard deviation", std)
    return Density(
        pdf=lambda x: (-(((x - mean) / std) ** 2) / 2).exp() / (std * math.sqrt(2 * math.pi)),
        cdf=lambda x: torch.special.ndtr((x - mean) / std),
        landmarks=(mean + std * _GAUSSIAN).detach(),
    )


def laplace(mean: Number, scale: Number) -> Density:
    """The density e^(-|x - mean| / scale) / (2 scale). ValueError for a ``scale`` of 0 or less."""
    mean, scale = _number(mean), _positive("scale", scale)

    def cdf(x: Tensor) -> Tensor:
        tail = (-(x - mean).abs() / scale).exp() / 2
        return torch.where(x < mean, tail, 1 - tail)

    return Density(
        pdf=lambda x: (-(x - mean).abs() / scale).exp() / (2 * scale),
        cdf=cdf,
        landmarks=(mean + scale * _LAPLACE).detach(),
    )


def uniform(low: float, high: float) -> Density:
    """The same density everywhere from ``low`` to ``high``. ValueError where these are not in order."""
    if not low < high:
        raise ValueError(f"expected an interval with low < high, got {low} and {high}.")
    return Density(
        pdf=lambda x: ((x >= low) & (x <= high)).to(x.dtype) / (high - low),
        cdf=lambda x: ((x - low) / (high - low)).clamp(0, 1),
        landmarks=torch.tensor([low, high], dtype=torch.float64),
    )


def mixture(parts: Sequence[Density], weights: Sequence[float] | Tensor | None = None) -> Density:
    """The sum of ``parts`` with ``weights``, (K,), which are scaled to sum to 1; equal ones by default.

    ValueError for no parts, or weights that do not fit them.
    """
    if not parts:
        raise ValueError("expected at least one part in a mixture, got none.")
    given = torch.ones(len(parts)) if weights is None else torch.as_tensor(weights)
    if given.shape != (len(parts),) or not (given > 0).all():
        raise ValueError(f"expected {len(parts)} weights above 0, one for each part, got {given.tolist()}.")
    share = given.double() / given.double().sum()
    return Density(
        pdf=lambda x: torch.stack([part.pdf(x) for part in parts], -1) @ share,
        cdf=lambda x: torch.stack([part.cdf(x) for part in parts], -1) @ share,
        landmarks=torch.cat([part.landmarks for part in parts]).unique(),
    )


def _number(value: Number) -> Tensor:
    return torch.as_tensor(value, dtype=torch.float64)


def _positive(kind: str, value: Number) -> Tensor:
    number = _number(value)
    if not number > 0:
        raise ValueError(f"expected a {kind} above 0, got {number.item():g}.")
    return number
