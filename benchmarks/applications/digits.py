"""The digits as these measurements share them: some to learn from, some that nothing learns from."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from core_gans.data import Examples
from core_gans.data.digits import digits

SIDE = 16
TEST = 597  # held out


def split(side: int = SIDE) -> tuple[Examples, Examples]:
    """1,200 digits to learn from and 597 held out: one shuffle, the same for every seed."""
    data = digits(side)
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(0))
    parts = order[TEST:], order[:TEST]
    learnt, held_out = (replace(data, images=data.images[part], labels=known(data)[part]) for part in parts)
    return learnt, held_out


def known(data: Examples) -> Tensor:
    """The labels (N,), which are there."""
    assert data.labels is not None
    return data.labels
