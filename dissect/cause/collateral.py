"""Collateral: what an edit does to everything else, net of what stood behind.

When trees vanish, the sky and the grass behind them come forth, and their areas must grow. That is no damage. So the
pixels that showed the concept before are left out, and each other class is counted where it was before and where it is
now among the rest.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from core_gans.foundation.intervals import Change
from dissect.cause.intervals import Shares, ratio, ratio_change, spread


@dataclass(frozen=True, eq=False)
class Collateral:
    """What happened to each of ``K`` classes outside the pixels that showed ``concept`` before.

    All changes are relative to the class's own pixels before: -1 is all of it gone. NaN for a class that was not there
    (and, of ``concept`` itself, in ``lost``: none of its pixels lies outside).
    """

    concept: str
    net: Change  # (K,) growth, or loss, outside; of ``concept`` itself, what appeared elsewhere
    lost: Change  # (K,) minus the part of the class's pixels that show something else now, from -1 to 0
    behind: Shares  # (K,) what the vanished pixels of the concept show now, summing to 1; NaN where none vanished
    random_net: Change  # ``net`` of the random sets of units


def tally_outside(before: Tensor, after: Tensor, concept: int, classes: int) -> Tensor:
    """Pixels of each class (5, N, classes) float64, of segmentations (N, H, W) before and after an edit.

    In this order: before; outside, before; outside, after; outside, before and something else after; and after, where
    the concept was and is no more. Outside is where ``before`` is not ``concept``.
    """
    outside, moved = before != concept, before != after
    return torch.stack(
        [
            _pixels(before, classes),
            _pixels(before, classes, outside),
            _pixels(after, classes, outside),
            _pixels(before, classes, outside & moved),
            _pixels(after, classes, ~outside & moved),
        ]
    )


def collateral(concept: str, counts: Tensor, rng: torch.Generator) -> Collateral:
    """The collateral from what :func:`tally_outside` counted: (S, 5, N, K) float64 pixels.

    The first of the ``S`` sets of units is the one that stands for ``concept``; the others are random. ``rng`` draws
    the bootstrap, on the CPU.
    """
    own, random = counts[0], counts[1:]
    behind = own[4].sum(0)
    return Collateral(
        concept,
        net=ratio_change(own[2] - own[1], own[0], rng),
        lost=ratio_change(-own[3], own[1], rng),
        behind=(behind / behind.sum()).numpy(),
        random_net=spread(ratio((random[:, 2] - random[:, 1]).sum(1), random[:, 0].sum(1))),
    )


def _pixels(classes: Tensor, count: int, where: Tensor | None = None) -> Tensor:
    """How many pixels (N, count) of each image show each class, or do so ``where`` that is true."""
    counted = classes if where is None else torch.where(where, classes, -1)
    return torch.stack([(counted == k).sum((1, 2)) for k in range(count)], dim=1).double()
