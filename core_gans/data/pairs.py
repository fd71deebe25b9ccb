"""Paired images: every source has its target, as labels have the photograph they were drawn from."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.utils.data import Dataset

from core_gans.data.examples import as_float

HELD_MOST = 200
HELD_SHARE = 10  # one in ten


@dataclass(frozen=True)
class Pairs(Dataset[tuple[Tensor, Tensor]]):
    """``source`` (N, C, H, W) and ``target`` (N, C', H, W), uint8 in [0, 255] or float in [-1, 1], in the same order.

    ValueError for other counts or other sizes on the two sides.
    """

    name: str
    source: Tensor
    target: Tensor

    def __post_init__(self) -> None:
        for side, images in (("source", self.source), ("target", self.target)):
            if images.dim() != 4:
                raise ValueError(f"expected the {side} as images (N, C, H, W), got shape {tuple(images.shape)}.")
        if len(self.source) != len(self.target):
            raise ValueError(
                f"expected a target for every source, got {len(self.source):,} sources and {len(self.target):,} "
                f"targets in {self.name}: leave out what has no partner, or train cyclegan, which needs no pairs."
            )
        if self.source.shape[2:] != self.target.shape[2:]:
            raise ValueError(
                f"expected source and target of one size, got {_size(self.source)} and {_size(self.target)} pixels in "
                f"{self.name}: resize one of them."
            )

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        """Source and target as floats."""
        return as_float(self.source[index]), as_float(self.target[index])

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one source: (C, H, W)."""
        return tuple(self.source.shape[1:])

    def part(self, chosen: Tensor) -> Pairs:
        """The pairs at the indices ``chosen`` (n,) of all (N, ...). ValueError where a source has no target."""
        return Pairs(self.name, self.source[chosen], self.target[chosen])

    def split(self) -> tuple[Pairs, Pairs]:
        """The pairs to learn from, and those held out; see ``held_out``. ValueError for fewer than two."""
        learned, held = held_out(len(self), self.name)
        return self.part(learned), self.part(held)


def held_out(count: int, name: str) -> tuple[Tensor, Tensor]:
    """Indices (count - h,) to learn from, and (h,) held out: one in ten, at most 200, the same ones every time.

    ValueError for fewer than two.
    """
    if count < 2:
        raise ValueError(f"expected at least two images, one of them to be held out, got {count} in {name}.")
    order = torch.randperm(count, generator=torch.Generator().manual_seed(0))
    held = min(HELD_MOST, max(1, count // HELD_SHARE))
    return order[held:].sort().values, order[:held].sort().values


def _size(images: Tensor) -> str:
    return f"{images.shape[3]}x{images.shape[2]}"
