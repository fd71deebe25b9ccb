"""The real examples nearest to samples, and whether samples are nearer to them than real examples are to each other."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

BLOCK = 1 << 22  # distances held at a time


@dataclass(frozen=True)
class Nearest:
    """``index`` (N, k) into the real examples, nearest first, and the Euclidean ``distance`` (N, k)."""

    index: Tensor
    distance: Tensor


def nearest_real(samples: Tensor, real: Tensor, count: int = 5, *, same: bool = False) -> Nearest:
    """The ``count`` nearest of the features ``real`` (M, F) to each of ``samples`` (N, F).

    ``same`` says that the two are one set, in which an example is no neighbour of itself. Raises ValueError for other
    shapes, or when there are too few real examples.
    """
    samples, real = samples.flatten(1).float(), real.flatten(1).float()
    if samples.shape[1] != real.shape[1]:
        raise ValueError(f"expected features of one length, got {samples.shape[1]} and {real.shape[1]}.")
    if not 1 <= count <= len(real) - same:
        raise ValueError(f"expected 1 to {len(real) - same} neighbours, got {count}.")
    indices, distances = [], []
    for begin in range(0, len(samples), max(1, BLOCK // len(real))):
        part = samples[begin : begin + max(1, BLOCK // len(real))]
        apart = torch.cdist(part, real, compute_mode="donot_use_mm_for_euclid_dist")
        if same:
            apart[torch.arange(len(part)), torch.arange(begin, begin + len(part))] = torch.inf
        found = apart.topk(count, dim=1, largest=False)
        indices.append(found.indices)
        distances.append(found.values)
    return Nearest(torch.cat(indices), torch.cat(distances))


def memorisation(samples: Tensor, real: Tensor) -> float:
    """Median distance from a sample (N, F) to its nearest real example (M, F), over that between real examples.

    About 1 for samples as far from the real examples as those are from each other; near 0 for copies. It says nothing
    of quality: noise is far from everything. Raises ValueError as :func:`nearest_real` does.
    """
    own = nearest_real(real, real, 1, same=True).distance.median()
    found = nearest_real(samples, real, 1).distance.median()
    return float(found / own) if own > 0 else float("inf")
