"""The map of every unit in one image, brought to the image's size, to be counted against the classes of its pixels.

Three ways, each exact: every pixel at every level, bilinearly; one level, bilinearly, looking only where it is passed
(``dissect.measure.sparse``); and nearest, where a cell's pixels are all alike, so that their classes can be counted
beforehand.
"""

from typing import Literal, Protocol, get_args

import torch
from torch import Tensor
from torch.nn import functional as F

from core_gans.foundation.names import require_known
from dissect.measure.classmap import ClassMap
from dissect.measure.levels import Levels
from dissect.measure.sparse import Size, above, whole

Upsampling = Literal["bilinear", "nearest"]  # both as F.interpolate, align_corners=False
UPSAMPLINGS: tuple[Upsampling, ...] = get_args(Upsampling)
BLOCK = 64  # units counted at a time: their upsampled maps stay in the cache of a processor
RARE = 0.1  # of the cells above the level: with more of them, upsampling everything is faster


class View(Protocol):
    """The units of one image, ready to be counted."""

    def count(self, seen: ClassMap, into: Tensor) -> None:
        """Add its pixels to ``into`` (K + 1, U, L + 1): by class (the last is none), unit, and levels below them."""
        ...


def view(features: Tensor, size: Size, levels: Levels, upsampling: Upsampling) -> View:
    """The ``features`` (U, h, w) of one image brought to ``size`` (H, W), at ``levels``.

    Raises ValueError for a method that is not known.
    """
    require_known("upsampling", upsampling, UPSAMPLINGS)
    cells = (features.shape[1], features.shape[2])
    if upsampling == "nearest":
        return _Nearest(features, levels)
    level = levels.values[:, 0, None, None]
    if levels.values.shape[1] == 1 and whole(cells, size) and float((features > level).float().mean()) < RARE:
        return _Sparse(features, size, levels)
    return _Dense(features, size, levels)


class _Dense:
    def __init__(self, features: Tensor, size: Size, levels: Levels) -> None:
        bins = levels.values.shape[1] + 1
        self._below = []  # (H * W, BLOCK) each, of units * bins + the number of levels below
        for maps, part in zip(features.split(BLOCK), levels.split(BLOCK), strict=True):
            # With the units last in memory, upsampling is some twenty times faster on a CPU.
            one = maps[None].contiguous(memory_format=torch.channels_last)
            large = F.interpolate(one, size=size, mode="bilinear", align_corners=False)
            below = part.below(large[0].permute(1, 2, 0).reshape(-1, len(maps)))
            self._below.append(below.add_(_steps(len(maps), bins, below)))

    def count(self, seen: ClassMap, into: Tensor) -> None:
        bins = into.shape[2]
        for below, part in zip(self._below, into.split(BLOCK, dim=1), strict=True):
            where = below + (seen.numbers.to(torch.int32) * (below.shape[1] * bins))[:, None]
            part += torch.bincount(where.flatten(), minlength=part.numel()).view(part.shape)


class _Sparse:
    def __init__(self, features: Tensor, size: Size, levels: Levels) -> None:
        self._cells = (features.shape[1], features.shape[2])
        self._unit, self._place = above(features, levels.values[:, 0], size)

    def count(self, seen: ClassMap, into: Tensor) -> None:
        kinds, units = seen.count + 2, into.shape[1]  # with none, and outside
        where = seen.patches(self._cells)[self._place] * units + self._unit
        on = torch.bincount(where, minlength=kinds * units).view(kinds, units)[:-1]
        into[:, :, 0] += seen.totals[:, None] - on
        into[:, :, 1] += on


class _Nearest:
    def __init__(self, features: Tensor, levels: Levels) -> None:
        self._cells = (features.shape[1], features.shape[2])
        below = levels.below(features.flatten(1).T)  # (h * w, U)
        self._below = below.add_(_steps(len(features), levels.values.shape[1] + 1, below))

    def count(self, seen: ClassMap, into: Tensor) -> None:
        areas = seen.areas(self._cells)
        cell, kind = areas.nonzero(as_tuple=True)  # one or two classes a cell, as a rule
        where = self._below[cell] + (kind.to(torch.int32) * into[0].numel())[:, None]
        weights = areas[cell, kind].double()[:, None].expand(where.shape)
        counted = torch.bincount(where.flatten(), weights.flatten(), minlength=into.numel())
        into += counted.long().view(into.shape)  # whole numbers below 2^53 are exact


def _steps(units: int, stride: int, like: Tensor) -> Tensor:
    """Where the counts of each of ``units`` begin."""
    return torch.arange(units, dtype=torch.int32, device=like.device) * stride
