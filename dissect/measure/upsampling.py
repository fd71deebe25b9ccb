"""The map of every unit in one image, brought to the image's size, to be counted against the classes of its pixels.

Three ways, each exact: every pixel at every level, bilinearly; one level, bilinearly, looking only where it is passed
(``dissect.measure.sparse``); and nearest, where a cell's pixels are all alike, so that their classes can be counted
beforehand.
"""

from collections.abc import Iterator, Sequence
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
BLOCK = 64  # units counted at a time
STRIP = 2**14  # pixels of them counted at a time: what is computed on the way stays in the cache of a processor
RARE = 0.1  # of the cells above the level: with more of them, upsampling everything is faster


class View(Protocol):
    """The units of one image, ready to be counted."""

    def count(self, *counted: tuple[ClassMap, Tensor]) -> None:
        """For each (classes, counts (K + 1, U, L + 1)): add the pixels by class (the last is none), unit, levels below.

        Of one call the counts are different tensors.
        """
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
        self._features, self._size, self._levels = features, size, levels

    def count(self, *counted: tuple[ClassMap, Tensor]) -> None:
        bins = self._levels.values.shape[1] + 1
        groups = [group for at in range(0, len(counted), 2) for group in _groups(counted[at : at + 2], bins)]
        parts = zip(self._features.split(BLOCK), self._levels.split(BLOCK), strict=True)
        for start, (maps, levels) in enumerate(parts):
            # With the units last in memory, upsampling is some twenty times faster on a CPU.
            one = maps[None].contiguous(memory_format=torch.channels_last)
            large = F.interpolate(one, size=self._size, mode="bilinear", align_corners=False)
            pixels = large[0].permute(1, 2, 0).reshape(-1, len(maps))
            width = len(maps) * bins
            found: list[Tensor] = []
            for at, strip in enumerate(pixels.split(STRIP)):
                places = levels.bins(strip)
                for place, (numbers, kinds, _) in enumerate(groups):
                    where = places + numbers[at * STRIP : at * STRIP + len(strip)] * width
                    there = torch.bincount(where.flatten(), minlength=kinds * width)
                    if at == 0:
                        found.append(there)
                    else:
                        found[place] += there
            for (_, kinds, targets), sums in zip(groups, found, strict=True):
                for kind, into in targets:
                    part = into[:, start * BLOCK : start * BLOCK + len(maps)]
                    here = sums.view(kinds, *part.shape[1:])
                    if kind is None:
                        part += here
                    else:
                        part.index_add_(0, kind, here)


# Classes of pixels (P, 1) int32, their number, and for each tensor of counts which of its own they are (None: all).
_Group = tuple[Tensor, int, list[tuple[Tensor | None, Tensor]]]


def _groups(counted: Sequence[tuple[ClassMap, Tensor]], bins: int) -> Iterator[_Group]:
    """Two images' classes as one, the pairs of classes that occur, where few do; else each by itself."""
    if len(counted) == 2:
        (one, first), (other, second) = counted
        kinds = other.count + 1
        pairs, numbers = (one.numbers * kinds + other.numbers).unique(return_inverse=True)
        if 2 * len(pairs) * bins * -(-len(numbers) // STRIP) <= len(numbers):  # measured: then one pass is faster
            yield numbers.to(torch.int32)[:, None], len(pairs), [(pairs // kinds, first), (pairs % kinds, second)]
            return
    for seen, into in counted:
        yield seen.numbers.to(torch.int32)[:, None], seen.count + 1, [(None, into)]


class _Sparse:
    def __init__(self, features: Tensor, size: Size, levels: Levels) -> None:
        self._cells = (features.shape[1], features.shape[2])
        self._unit, self._place = above(features, levels.values[:, 0], size)

    def count(self, *counted: tuple[ClassMap, Tensor]) -> None:
        for seen, into in counted:
            kinds, units = seen.count + 2, into.shape[1]  # with none, and outside
            where = seen.patches(self._cells)[self._place] * units + self._unit
            on = torch.bincount(where, minlength=kinds * units).view(kinds, units)[:-1]
            into[:, :, 0] += seen.totals[:, None] - on
            into[:, :, 1] += on


class _Nearest:
    def __init__(self, features: Tensor, levels: Levels) -> None:
        self._cells = (features.shape[1], features.shape[2])
        self._bins = levels.bins(features.flatten(1).T)  # (h * w, U)

    def count(self, *counted: tuple[ClassMap, Tensor]) -> None:
        for seen, into in counted:
            areas = seen.areas(self._cells)
            cell, kind = areas.nonzero(as_tuple=True)  # one or two classes a cell, as a rule
            where = self._bins[cell] + (kind.to(torch.int32) * into[0].numel())[:, None]
            weights = areas[cell, kind].double()[:, None].expand(where.shape)
            found = torch.bincount(where.flatten(), weights.flatten(), minlength=into.numel())
            into += found.long().view(into.shape)  # whole numbers below 2^53 are exact
