"""Where a thing can stand in a picture: where the pictures of a bank with the like around it show one."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from dissect.painting.bank import Bank

CELLS = 16  # of the map, a side
AROUND = 2  # cells on each side that are compared
LIKE = 0.6  # share of what is around a cell that must agree


def places(bank: Bank, concepts: Sequence[str], classes: Tensor) -> Tensor:
    """For each cell of the picture with ``classes`` (H, W): how often the thing stands there in pictures alike.

    (``CELLS``, ``CELLS``) float in [0, 1]: of the bank's pictures that agree with this one around the cell, the share
    that shows one of ``concepts`` there; 0 where none agrees. Their own parts are left out of the comparison.

    Raises:
        ValueError: a concept that the bank does not know, or a picture of another size than the bank's.
    """
    if classes.shape != bank.classes.shape[1:]:
        raise ValueError(
            f"expected a picture of {tuple(bank.classes.shape[1:])} pixels as in the bank, got {tuple(classes.shape)}"
        )
    shows = bank.showing(concepts)
    own = torch.tensor([bank.labels.index(concept) for concept in concepts])
    free = ~torch.isin(classes.cpu(), own) & ~shows
    agree = _cells((bank.classes == classes.cpu().to(torch.uint8)) & free)
    compared = _cells(free)
    window = 2 * AROUND + 1
    like = F.avg_pool2d(agree, window, 1, AROUND) / F.avg_pool2d(compared, window, 1, AROUND).clamp_min(1e-6)
    alike = (like >= LIKE).float()
    there = (_cells(shows) >= 0.5).float()
    return ((alike * there).sum(0) / alike.sum(0).clamp_min(1))[0]


def _cells(maps: Tensor) -> Tensor:
    """The share of each cell, (N, 1, CELLS, CELLS), that is True in ``maps`` (N, H, W)."""
    return F.adaptive_avg_pool2d(maps[:, None].float(), CELLS)
