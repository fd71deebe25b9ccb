"""How far the kernel distance may be off by chance: its standard error, by the jackknife over disjoint groups.

Both sets are cut into G groups, the estimate is taken G times without the g-th group of either set, and the spread of
these says how much the whole one varies (Efron & Stein 1981: on average not too little). A group is known by its
moments, so the features need not be kept: G F^3 numbers a set, however many samples there are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import torch
from torch import Tensor

from core_gans.foundation.finite import require_features
from core_gans.metrics.kernel import KernelMoments

GROUPS = 10


@dataclass(frozen=True)
class KernelEstimate:
    """The unbiased MMD^2 and its standard error, which counts the chance in both sets."""

    value: float
    standard_error: float


def kernel_estimate(real: Tensor, generated: Tensor, groups: int = GROUPS) -> KernelEstimate:
    """The kernel distance between independent samples' features (N, F) and (M, F), with its standard error.

    The error itself is known to about 1 / sqrt(2 (``groups`` - 1)) of it; near a distance of 0 it comes out too
    large, by up to half. Samples must be in random order, as groups are cut from front to back. Raises
    ``ValueError`` for other shapes, values not finite, fewer than two groups, and fewer samples than groups.
    """
    for features, what in ((real, "real"), (generated, "generated")):
        require_features(features)
        if not 2 <= groups <= len(features):
            raise ValueError(
                f"expected at least 2 groups and as many samples as groups, got {groups} groups of {len(features)} "
                f"{what} samples"
            )
    return of_groups(*([KernelMoments.of(part) for part in torch.tensor_split(x, groups)] for x in (real, generated)))


def of_groups(real: Sequence[KernelMoments], generated: Sequence[KernelMoments]) -> KernelEstimate:
    """The same from the moments of disjoint groups of about equal size, as many real as generated ones.

    So a stream of batches is measured in bounded memory: merge each batch into one of the groups in turn. Raises
    ``ValueError`` for fewer than two groups or unequally many.
    """
    if len(real) != len(generated) or len(real) < 2:
        raise ValueError(
            "expected equally many groups of real and of generated samples, at least 2, "
            f"got {len(real)} and {len(generated)}"
        )
    without = torch.tensor(
        [_whole(_but(real, group)).distance(_whole(_but(generated, group))) for group in range(len(real))],
        dtype=torch.float64,
    )
    squares = (without - without.mean()).square().sum().item()
    return KernelEstimate(
        value=_whole(real).distance(_whole(generated)),
        standard_error=math.sqrt(squares * (len(real) - 1) / len(real)),
    )


def _but(groups: Sequence[KernelMoments], left_out: int) -> list[KernelMoments]:
    return [moments for group, moments in enumerate(groups) if group != left_out]


def _whole(groups: Sequence[KernelMoments]) -> KernelMoments:
    return reduce(KernelMoments.merge, groups)
