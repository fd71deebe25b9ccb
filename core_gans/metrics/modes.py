"""Mode coverage on points: how many of the known modes a generator reaches, and how much of it is good.

The count of Che et al. 2017 and Srivastava et al. 2017 (VEEGAN, section 4.1): a sample is of high quality when it
lies within three standard deviations of the nearest mode.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from core_gans.foundation.finite import require_finite

WITHIN = 3.0  # standard deviations
AT_LEAST = 20.0  # near points of every 10,000 cover a mode


@dataclass(frozen=True)
class ModeCoverage:
    """``covered`` of ``modes`` modes, the share of points near any mode, and the near points of each mode."""

    covered: int
    modes: int
    high_quality: float  # share of all points, in [0, 1]
    counts: tuple[int, ...]  # near points, one number a mode


@dataclass(frozen=True)
class ModeTally:
    """How many of ``count`` points lie near each mode; tallies of parts merge into that of the whole."""

    count: int
    near: Tensor  # (M,)

    @classmethod
    @torch.no_grad()
    def of(cls, points: Tensor, centres: Tensor, sigma: float, within: float = WITHIN) -> ModeTally:
        """Tally ``points`` (N, D) around ``centres`` (M, D), near ones within ``within`` times ``sigma``.

        See ``mode_coverage``; ValueError as there.
        """
        if points.ndim != 2 or centres.ndim != 2 or points.shape[1] != centres.shape[1]:
            raise ValueError(
                "expected points (N, D) and centres (M, D) of the same D, "
                f"got {tuple(points.shape)} and {tuple(centres.shape)}"
            )
        if not len(points) or not len(centres):
            raise ValueError(f"expected at least one point and one centre, got {len(points)} and {len(centres)}")
        if not (math.isfinite(sigma) and sigma > 0 and within > 0):
            raise ValueError(f"expected a positive sigma and a positive within, got {sigma} and {within}")
        require_finite(points, "the points")
        require_finite(centres, "the centres")
        exact = points.to("cpu", torch.float64)
        # cdist's matrix-product shortcut loses the digits that matter when sigma is small beside the radius.
        distances = torch.cdist(
            exact, centres.to("cpu", torch.float64), compute_mode="donot_use_mm_for_euclid_dist"
        )  # (N, M)
        distance, nearest = distances.min(dim=1)
        return cls(len(points), torch.bincount(nearest[distance <= within * sigma], minlength=len(centres)))

    def merge(self, other: ModeTally) -> ModeTally:
        """The tally of both sets together."""
        return ModeTally(self.count + other.count, self.near + other.near)

    def coverage(self, at_least: float = AT_LEAST) -> ModeCoverage:
        """Count the modes that hold ``at_least`` near points of every 10,000 (fewer: in proportion)."""
        covered = int((self.near >= per_ten_thousand(at_least, self.count)).sum())
        return ModeCoverage(covered, len(self.near), int(self.near.sum()) / self.count, tuple(self.near.tolist()))


def per_ten_thousand(at_least: float, count: int) -> int:
    """The threshold "``at_least`` of 10,000" for ``count`` samples: rounded up, and never below one."""
    return max(1, math.ceil(at_least * count / 10_000))


def mode_coverage(points: Tensor, centres: Tensor, sigma: float) -> ModeCoverage:
    """Count the modes that ``points`` (N, D) reach among ``centres`` (M, D).

    A point belongs to its nearest centre and counts when it lies within ``WITHIN * sigma`` of it (Euclidean). A
    mode is covered when it holds at least ``AT_LEAST`` such points for every 10,000 (with fewer points, in
    proportion). Raises ``ValueError`` for shapes that do not fit, no points, or values that are not finite.
    """
    return ModeTally.of(points, centres, sigma).coverage()
