"""The Frechet distance between images and real ones, in features of the caller's, with a bootstrap.

Frechet 1957; Dowson & Landau 1982; Heusel et al. 2017, equation 6: |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) of the
Gaussians that have the features' means m and covariances C. With the features of an Inception network it is "FID".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

Look = Callable[[Tensor], Tensor]  # images (N, C, H, W) in [-1, 1] -> features (N, F)


@dataclass(frozen=True, eq=False)
class Gaussian:
    """A mean (F,) and a covariance (F, F), float64 on the CPU."""

    mean: Tensor
    covariance: Tensor

    @classmethod
    def of(cls, features: Tensor, counts: Tensor | None = None) -> Gaussian:
        """The Gaussian of ``features`` (N, F), each taken ``counts`` (N,) times; the covariance is the unbiased one.

        Raises:
            ValueError: fewer than two features, another shape, or numbers that are not finite.
        """
        exact = _checked(features)
        weights = torch.ones(len(exact), dtype=torch.float64) if counts is None else counts.double()
        total = weights.sum()
        mean = weights @ exact / total
        deviations = exact - mean
        return cls(mean, (deviations * weights[:, None]).T @ deviations / (total - 1))

    def distance(self, other: Gaussian) -> float:
        """The squared Frechet distance, which is what the field reports; symmetric, and 0 for equal Gaussians."""
        if self.mean.shape != other.mean.shape:
            raise ValueError(f"expected equally many features, got {len(self.mean)} and {len(other.mean)}")
        overlap = torch.linalg.eigvalsh(self._root @ other.covariance @ self._root).clamp_min(0).sqrt().sum()
        trace = self.covariance.trace() + other.covariance.trace() - 2 * overlap
        return max(0.0, float((self.mean - other.mean).square().sum() + trace))

    @cached_property
    def _root(self) -> Tensor:
        values, vectors = torch.linalg.eigh(self.covariance)
        return (vectors * values.clamp_min(0).sqrt()) @ vectors.T


@dataclass(frozen=True)
class Interval:
    """An estimate, and the bounds that hold 95% of its bootstrap."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


class FrechetScorer:
    """How far images are from real ones: through ``look``, which gives the features, named ``name``.

    ``real`` are the real images' features (N, F). Features go to the CPU in float64; images stay where they are.
    The distance is biased upwards for small sets: compare sets of equal size only.
    """

    def __init__(self, look: Look, real: Tensor, name: str = "features") -> None:
        self.name = name
        self._look = look
        self._real = _checked(real)
        self._gaussian = Gaussian.of(self._real)

    @torch.no_grad()
    def features(self, images: Tensor) -> Tensor:
        """The features (N, F) of images; a ValueError when they do not fit the real ones'."""
        seen = self._look(images)
        if seen.shape != (len(images), self._real.shape[1]):
            raise ValueError(
                f"expected features of shape {(len(images), self._real.shape[1])} like the real images', got "
                f"{tuple(seen.shape)}: see both through the same network"
            )
        return seen.detach().to("cpu", torch.float64)

    def distance(self, features: Tensor) -> float:
        """The squared Frechet distance between ``features`` (N, F) and the real ones."""
        return Gaussian.of(features).distance(self._gaussian)

    def resampled(self, sets: Sequence[Tensor], draws: int, rng: torch.Generator) -> Tensor:
        """The distances (draws, sets) of paired resamplings: row i of every set belongs to the same latent.

        Every draw takes the same latents of all the sets, and resamples the real images, too.
        """
        drawn = torch.empty(draws, len(sets), dtype=torch.float64)
        for draw in range(draws):
            real = Gaussian.of(self._real, _times_drawn(len(self._real), rng))
            taken = _times_drawn(len(sets[0]), rng)
            for place, features in enumerate(sets):
                drawn[draw, place] = real.distance(Gaussian.of(features, taken))
        return drawn


def around(value: float, drawn: Tensor) -> Interval:
    """The 95% interval of ``value`` from its bootstrap (draws,).

    A resampling has fewer different images than the sample, so all its distances are too large by about as much; the
    interval is laid around ``value`` with the bootstrap's deviations from its own mean.
    """
    low, high = torch.quantile(drawn - drawn.mean(), torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()
    return Interval(value, value + low, value + high)


def _times_drawn(count: int, rng: torch.Generator) -> Tensor:
    return torch.randint(count, (count,), generator=rng).bincount(minlength=count)


def _checked(features: Tensor) -> Tensor:
    if features.ndim != 2 or len(features) < 2:
        raise ValueError(f"expected features (N, F) of at least two images, got the shape {tuple(features.shape)}")
    if not bool(torch.isfinite(features).all()):
        raise ValueError("the features hold NaN or infinite numbers: the images or the network that sees them are bad")
    return features.detach().to("cpu", torch.float64)
