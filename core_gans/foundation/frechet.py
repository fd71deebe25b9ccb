"""The Frechet distance between two Gaussians, and the streaming statistics that it needs.

Frechet 1957; Dowson & Landau 1982; Heusel et al. 2017, equation 6, where the features come from an Inception
network ("FID"). Here the features are the caller's, so a result is named after them: ``frechet[digits-cnn]``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from core_gans.foundation.finite import require_features, require_finite


@dataclass(frozen=True)
class FeatureStatistics:
    """Count, mean (F,) and scatter (F, F) of features, in float64 on the CPU.

    Statistics of parts merge into those of the whole (Chan et al. 1979), so memory does not grow with the data.
    The scatter is the sum of outer products of the deviations from the mean.
    """

    count: int
    mean: Tensor
    scatter: Tensor

    @classmethod
    def of(cls, features: Tensor, counts: Tensor | None = None) -> FeatureStatistics:
        """Statistics of ``features`` (N, F), any device and floating type; each taken ``counts`` (N,) times, or once.

        Raises ``ValueError`` for other shapes, and for features that are not finite.
        """
        require_features(features)
        exact = features.detach().to("cpu", torch.float64)
        if counts is None:
            mean = exact.mean(dim=0)
            deviations = exact - mean
            return cls(len(exact), mean, deviations.T @ deviations)
        weights = counts.to("cpu", torch.float64)
        mean = weights @ exact / weights.sum()
        deviations = exact - mean
        return cls(int(counts.sum()), mean, (deviations * weights[:, None]).T @ deviations)

    def merge(self, other: FeatureStatistics) -> FeatureStatistics:
        """Statistics of both sets together."""
        if self.mean.shape != other.mean.shape:
            raise ValueError(
                f"expected statistics of equally many features, got {len(self.mean)} and {len(other.mean)}; "
                "measure both sets with the same extractor"
            )
        count = self.count + other.count
        shift = other.mean - self.mean
        between = torch.outer(shift, shift) * (self.count * other.count / count)
        return FeatureStatistics(
            count, self.mean + shift * (other.count / count), self.scatter + other.scatter + between
        )

    @property
    def covariance(self) -> Tensor:
        """The unbiased covariance (F, F)."""
        if self.count < 2:
            raise ValueError(f"a covariance needs at least two samples, got {self.count}; measure more of them")
        return self.scatter / (self.count - 1)

    def distance(self, other: FeatureStatistics) -> float:
        """``frechet_distance`` between the Gaussians of the two sets.

        It is biased upwards for small sets, by the more the fewer samples there are for each feature: compare
        numbers of equal counts only.
        """
        if self.mean.shape != other.mean.shape:
            raise ValueError(f"expected equally many features, got {len(self.mean)} and {len(other.mean)}")
        return _squared(self.mean, self.covariance, self._root, other.mean, other.covariance, other._root)

    @cached_property
    def _root(self) -> Tensor:
        return _square_root(self.covariance, "the covariance")


@torch.no_grad()
def frechet_distance(mean1: Tensor, cov1: Tensor, mean2: Tensor, cov2: Tensor) -> float:
    """The squared Frechet distance |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) of two Gaussians.

    Means are (F,), covariances (F, F), symmetric and positive semi-definite, singular ones included. The square is
    what the field reports. Raises ``ValueError`` for shapes that do not fit, values that are not finite, and
    matrices that are no covariances.
    """
    size = mean1.shape[0] if mean1.ndim == 1 else -1
    shapes = [tuple(each.shape) for each in (mean1, cov1, mean2, cov2)]
    if shapes != [(size,), (size, size), (size,), (size, size)]:
        raise ValueError(f"expected shapes (F,), (F, F), (F,), (F, F), got {', '.join(map(str, shapes))}")
    m1, m2 = (mean.to("cpu", torch.float64) for mean in (mean1, mean2))
    c1, c2 = (cov.to("cpu", torch.float64) for cov in (cov1, cov2))
    for values, what in ((m1, "the first mean"), (m2, "the second mean")):
        require_finite(values, what)
    root1, root2 = _square_root(c1, "the first covariance"), _square_root(c2, "the second covariance")
    return _squared(m1, c1, root1, m2, c2, root2)


def _squared(m1: Tensor, c1: Tensor, root1: Tensor, m2: Tensor, c2: Tensor, root2: Tensor) -> float:
    """The squared distance from means (F,), covariances (F, F) and the symmetric square roots of these."""
    # tr (C1 C2)^(1/2) is the sum of the singular values of C1^(1/2) C2^(1/2). Taken this way no eigenvalue of
    # rounding-error size goes through a square root, which would cost half of the digits.
    overlap = torch.linalg.svdvals(root1 @ root2).sum()
    squared = (m1 - m2).square().sum() + c1.trace() + c2.trace() - 2 * overlap
    return max(0.0, squared.item())


def _square_root(covariance: Tensor, what: str) -> Tensor:
    """The symmetric square root of a positive semi-definite matrix."""
    require_finite(covariance, what)
    scale = max(covariance.abs().max().item(), torch.finfo(torch.float64).tiny)
    if (covariance - covariance.T).abs().max().item() > 1e-6 * scale:
        raise ValueError(f"{what} must be symmetric")
    values, vectors = torch.linalg.eigh((covariance + covariance.T) / 2)
    if values[0].item() < -1e-6 * scale * len(values):
        raise ValueError(f"{what} must be positive semi-definite, but its smallest eigenvalue is {values[0]:.3g}")
    return (vectors * values.clamp_min(0).sqrt()) @ vectors.T
