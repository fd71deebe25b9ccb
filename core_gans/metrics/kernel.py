"""The kernel distance: the unbiased squared maximum mean discrepancy with the kernel k(x, y) = (x.y / F + 1)^3.

Gretton et al. 2012, lemma 6; Binkowski et al. 2018 (section 4), who take Inception features and call it KID. Here the
features are the caller's, so a result is named after them: ``kernel[digits-cnn]``.

Binkowski et al. average over random subsets, because all pairs of N samples cost N^2. But a polynomial kernel is an
inner product of finitely many monomials, so the sum over all pairs is a product of sums: the sums of x, x (x) x and
x (x) x (x) x say everything. That is the exact estimate over all samples, the mean over all possible subsets, in one
pass and F^3 numbers, however many samples there are.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from core_gans.foundation.finite import require_features

MOST_FEATURES = 256  # F^3 numbers of 8 bytes are 128 MiB
_AT_ONCE = 2**22  # numbers in an outer product of a batch: 32 MiB


@dataclass(frozen=True)
class KernelMoments:
    """Sums over features x (F,): of x, of its second and third tensor power, and of k(x, x); float64 on the CPU.

    Moments of parts merge into those of the whole, so memory (8 F^3 bytes) does not grow with the data.
    """

    count: int
    first: Tensor  # (F,)
    second: Tensor  # (F, F)
    third: Tensor  # (F * F, F)
    own: float  # sum of k(x, x)

    @classmethod
    def of(cls, features: Tensor) -> KernelMoments:
        """Moments of ``features`` (N, F), any device and floating type.

        Raises ``ValueError`` for another shape, more than 256 features, or values that are not finite.
        """
        require_features(features)
        size = features.shape[1]
        if size > MOST_FEATURES:
            raise ValueError(
                f"the kernel distance keeps F^3 numbers, so it takes at most {MOST_FEATURES} features, got {size}; "
                "leave it out of the metrics, or reduce the features"
            )
        exact = features.detach().to("cpu", torch.float64)
        third = torch.zeros(size * size, size, dtype=torch.float64)
        for part in exact.split(max(1, _AT_ONCE // size**2)):
            pairs = (part[:, :, None] * part[:, None, :]).flatten(1)  # (n, F * F)
            third.addmm_(pairs.T, part)
        own = (exact.square().sum(dim=1) / size + 1).pow(3).sum().item()
        return cls(len(exact), exact.sum(dim=0), exact.T @ exact, third, own)

    def merge(self, other: KernelMoments) -> KernelMoments:
        """Moments of both sets together. ValueError for another number of features."""
        self._require_alike(other)
        return KernelMoments(
            self.count + other.count,
            self.first + other.first,
            self.second + other.second,
            self.third + other.third,
            self.own + other.own,
        )

    def distance(self, other: KernelMoments) -> float:
        """The unbiased MMD^2 of the two sets: 0 on average when both come from one distribution, so also below 0.

        It may be compared across counts; its noise falls with them. Raises ``ValueError`` when a set has fewer than
        two samples or the sets have other features.
        """
        self._require_alike(other)
        if min(self.count, other.count) < 2:
            raise ValueError(
                f"the kernel distance needs at least two samples of each set, got {self.count} and {other.count}"
            )
        within = self._within() + other._within()
        return within - 2 * self._pairs(other) / (self.count * other.count)

    def _within(self) -> float:
        """The mean of k over all pairs of different samples of this set."""
        return (self._pairs(self) - self.own) / (self.count * (self.count - 1))

    def _pairs(self, other: KernelMoments) -> float:
        """The sum of k over all pairs of one sample here and one there, by (a + 1)^3 = a^3 + 3 a^2 + 3 a + 1."""
        size = len(self.first)
        cubes = torch.vdot(self.third.flatten(), other.third.flatten()).item() / size**3
        squares = torch.vdot(self.second.flatten(), other.second.flatten()).item() / size**2
        products = torch.vdot(self.first, other.first).item() / size
        return cubes + 3 * squares + 3 * products + self.count * other.count

    def _require_alike(self, other: KernelMoments) -> None:
        if self.first.shape != other.first.shape:
            raise ValueError(
                f"expected moments of equally many features, got {len(self.first)} and {len(other.first)}; "
                "measure both sets with the same extractor"
            )


def kernel_distance(real: Tensor, generated: Tensor) -> float:
    """The unbiased MMD^2 between features (N, F) and (M, F); see ``KernelMoments``, which streams.

    Raises ValueError as it does.
    """
    return KernelMoments.of(real).distance(KernelMoments.of(generated))
