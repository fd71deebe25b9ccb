"""Precision, recall, density and coverage: whether samples lie among the real ones, and the real ones among them.

Kynkaanniemi et al. 2019 (precision and recall), Naeem et al. 2020 (density and coverage). A set's manifold is the
union of balls around its points, each reaching to the point's k-th nearest neighbour within the set.

Unlike the other metrics these need every pair of points, so all features are kept, (N, F), and N is bounded.
Distances are taken a block of rows at a time: beyond the features only O(N) numbers and one block of 32 MiB are held.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from core_gans.foundation.finite import require_features

NEAREST = 5  # k of Naeem et al.
MOST = 20_000  # points of a set; the distances between two such sets take most of a minute
_AT_ONCE = 2**22  # distances in a block


@dataclass(frozen=True)
class Neighbours:
    """How two sets of features lie among each other."""

    precision: float  # share of generated points inside the real manifold
    recall: float  # share of real points inside the generated manifold
    density: float  # real balls around a generated point, of the k expected; may exceed 1
    coverage: float  # share of real balls that hold a generated point


@dataclass(frozen=True)
class KeptFeatures:
    """Features (n, F) of the batches seen so far; those beyond the first ``most`` are dropped."""

    parts: tuple[Tensor, ...]
    most: int = MOST

    @classmethod
    def of(cls, features: Tensor, most: int = MOST) -> KeptFeatures:
        """Keep ``features`` (N, F), on the CPU in their own type. ValueError unless they are finite rows of numbers."""
        require_features(features)
        return cls((features.detach().cpu()[:most].clone(),), most)

    @property
    def count(self) -> int:
        return sum(map(len, self.parts))

    @property
    def features(self) -> Tensor:
        """All kept features (N, F)."""
        return torch.cat(self.parts)

    def merge(self, other: KeptFeatures) -> KeptFeatures:
        """The features of both sets, up to ``most``."""
        room = self.most - self.count
        fitting = []
        for part in other.parts:
            if room > 0:
                fitting.append(part[:room] if len(part) > room else part)
                room -= len(part)
        return KeptFeatures((*self.parts, *fitting), self.most)


@torch.no_grad()
def compare_neighbours(real: Tensor, generated: Tensor, nearest: int = NEAREST) -> Neighbours:
    """Compare features ``real`` (N, F) and ``generated`` (M, F), with balls to the ``nearest``-th neighbour.

    All four depend on N and M: compare numbers of equal counts only. Raises ``ValueError`` for other shapes, values
    that are not finite, sets of no more than ``nearest`` points, or of more than 20,000.
    """
    for features, what in ((real, "real"), (generated, "generated")):
        require_features(features)
        require_room(len(features), what)
        if not 1 <= nearest < len(features):
            raise ValueError(
                f"a neighbour number {nearest} needs nearest >= 1 and more than {nearest} {what} samples, "
                f"got {len(features)}"
            )
    if real.shape[1] != generated.shape[1]:
        raise ValueError(f"expected equally many features in both sets, got {real.shape[1]} and {generated.shape[1]}")
    x, y = (features.detach().to("cpu", torch.float64) for features in (real, generated))
    reach_x, reach_y = _reaches(x, nearest), _reaches(y, nearest)
    precise = torch.zeros(len(y), dtype=torch.bool)
    recalled = covered = balls = 0
    for rows, distances in _blocks(x, y):
        around = distances < reach_x[rows, None]  # a point on the rim is outside, as in both papers' code
        precise |= around.any(dim=0)
        balls += int(around.sum())
        covered += int(around.any(dim=1).sum())
        recalled += int((distances < reach_y).any(dim=1).sum())
    return Neighbours(
        precision=precise.double().mean().item(),
        recall=recalled / len(x),
        density=balls / (nearest * len(y)),
        coverage=covered / len(x),
    )


def require_room(count: int, what: str) -> None:
    """Raise ``ValueError`` when ``count`` points are more than are compared."""
    if count > MOST:
        raise ValueError(
            f"precision, recall, density and coverage keep every feature, so they take at most {MOST:,} {what} "
            f"samples, got {count:,}; ask for fewer, or leave them out of the metrics"
        )


def _reaches(points: Tensor, nearest: int) -> Tensor:
    """Distance (N,) from each point to its ``nearest``-th neighbour; the point itself is neighbour 0."""
    return torch.cat([distances.kthvalue(nearest + 1, dim=1).values for _, distances in _blocks(points, points)])


def _blocks(points: Tensor, others: Tensor) -> Iterator[tuple[slice, Tensor]]:
    """Blocks of rows of the distances (N, M), each with its place."""
    height = max(1, _AT_ONCE // len(others))
    for start in range(0, len(points), height):
        rows = slice(start, start + height)
        # The matrix-product shortcut would give equal points a distance above 0, and rims would no longer be exact.
        yield rows, torch.cdist(points[rows], others, compute_mode="donot_use_mm_for_euclid_dist")
