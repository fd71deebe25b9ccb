"""Which pictures of a bank fit a place: those that show a thing there, or do not, in surroundings that are alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from dissect.painting.bank import Bank
from dissect.painting.strokes import grown

RING = 1 / 16  # of the side: the surroundings of a brush that are compared
REACH = 1 / 8, 1 / 4  # of the sides: how far an example may be moved down or up, and right or left
LEAST = 0.4  # share of the brush in which an example must show the thing
ENOUGH = 0.85  # share of the brush that a thing need not surpass
KNOWN = 0.25  # share of the surroundings that must be left to compare, where the thing itself is left out
FEW = 0.02  # share of a thing that an example without it may still show


@dataclass(frozen=True, eq=False)
class Candidate:
    """A picture of the bank, moved (down, right) by pixels: what it costs, and how far its surroundings are others."""

    number: int
    moved: tuple[int, int]
    cost: float
    disagreement: float


def ranked(
    bank: Bank, wanted: Tensor, picture: Tensor, classes: Tensor, area: Tensor, step: int, *, adding: bool
) -> list[Candidate]:
    """Pictures of the bank, moved by whole steps, with or without what is ``wanted`` (N, H, W): the cheapest first.

    Of equally cheap ones, the one that is moved least comes first.
    """
    height, width = area.shape
    ring = grown(area > 0, max(1, round(RING * width))) - area
    rows, columns = ((area + ring).amax(axis).nonzero()[:, 0] for axis in (1, 0))
    place = _Place(
        picture[:, rows][:, :, columns],
        classes[rows][:, columns],
        area[rows][:, columns] > 0,
        ring[rows][:, columns] > 0,
    )
    high, wide = (int(reach * side) // step * step for reach, side in zip(REACH, area.shape, strict=True))
    found: list[Candidate] = []
    for down in range(-high, high + 1, step):
        for right in range(-wide, wide + 1, step):
            there = (rows - down).clamp(0, height - 1), (columns - right).clamp(0, width - 1)
            found += place.compared(bank, wanted, there, (down, right), adding=adding)
    return sorted(found, key=lambda each: (each.cost, sum(map(abs, each.moved))))


@dataclass(frozen=True, eq=False)
class _Place:
    """A part of the picture (C, h, w) with its classes; the area (h, w) that is to change, and what surrounds it."""

    picture: Tensor
    classes: Tensor
    area: Tensor
    ring: Tensor

    def compared(
        self, bank: Bank, wanted: Tensor, there: tuple[Tensor, Tensor], moved: tuple[int, int], *, adding: bool
    ) -> list[Candidate]:
        """The pictures of the bank that have what is ``wanted`` at the rows and columns ``there``, or do not."""
        rows, columns = there
        has = wanted[:, rows][:, :, columns]  # (N, h, w)
        share = has[:, self.area].float().mean(1)
        fitting = ((share >= LEAST) if adding else (share <= FEW)).nonzero()[:, 0]
        if not len(fitting):
            return []
        share, has = share[fitting], has[fitting]
        cost, apart = (ENOUGH - share).clamp_min(0) if adding else share, torch.zeros_like(share)
        if around := int(self.ring.sum()):  # nothing surrounds a brush over the whole picture
            pixels = bank.pictures[fitting][:, :, rows][:, :, :, columns].float() / 127.5 - 1
            colour = ((pixels - self.picture) ** 2).mean(1)[:, self.ring].mean(1).sqrt()
            compared = self.ring & ~has  # (N, h, w): what is around the thing, not the thing itself
            other = bank.classes[fitting][:, rows][:, :, columns] != self.classes
            left = compared.sum((1, 2))
            apart = torch.where(left < KNOWN * around, 1.0, (other & compared).sum((1, 2)) / left.clamp_min(1))
            if adding:
                cost = cost + (1 - left / around) / 2  # a thing that goes on beyond the brush would be cut there
            cost = colour + apart / 2 + cost
        rest = (fitting.tolist(), cost.tolist(), apart.tolist())
        return [Candidate(number, moved, price, away) for number, price, away in zip(*rest, strict=True)]


def varied(candidates: Sequence[Candidate], count: int) -> list[Candidate]:
    """The first ``count``, each picture of the bank once."""
    first: dict[int, Candidate] = {}
    for each in candidates:
        first.setdefault(each.number, each)
        if len(first) == count:
            break
    return list(first.values())
