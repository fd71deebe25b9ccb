"""The classes of one image, arranged as counting needs them; each arrangement is made once and serves every layer."""

from collections.abc import Callable
from functools import cached_property

import torch
from torch import Tensor
from torch.nn import functional as F

from dissect.measure.sparse import Size, patched


class ClassMap:
    """``classes`` (H, W) of one image, of ``count`` concepts; -1, none of them, becomes the class ``count``."""

    def __init__(self, classes: Tensor, count: int) -> None:
        self.classes = classes
        self.count = count
        self.size: Size = (classes.shape[0], classes.shape[1])
        self._made: dict[tuple[str, Size], Tensor] = {}

    @cached_property
    def numbers(self) -> Tensor:
        """Classes (H * W,) from 0 to ``count``, which is none."""
        return torch.where(self.classes < 0, self.count, self.classes).flatten()

    @cached_property
    def totals(self) -> Tensor:
        """Pixels (count + 1,) of each class."""
        return torch.bincount(self.numbers, minlength=self.count + 1)

    def patches(self, cells: Size) -> Tensor:
        """Classes (P,) in the order of :func:`dissect.measure.sparse.patched`; ``count + 1`` is outside."""
        return self._once("patches", cells, lambda: patched(self.numbers.view(self.size), cells, self.count + 1))

    def areas(self, cells: Size) -> Tensor:
        """Pixels (h * w, count + 1) of each class in each cell, pixels belonging to cells as in nearest upsampling."""

        def counted() -> Tensor:
            places = torch.arange(cells[0] * cells[1], device=self.classes.device).view(1, 1, *cells)
            cell = F.interpolate(places.double(), size=self.size, mode="nearest").long().flatten()
            bins = self.count + 1
            return torch.bincount(cell * bins + self.numbers, minlength=cells[0] * cells[1] * bins).view(-1, bins)

        return self._once("areas", cells, counted)

    def shares(self, cells: Size) -> Tensor:
        """The share (count, h * w) of each cell that each concept covers, in float64."""

        def shared() -> Tensor:
            labels = torch.arange(self.count, device=self.classes.device)[:, None, None]
            covered = (self.classes == labels)[None].float()
            return F.interpolate(covered, size=cells, mode="area")[0].flatten(1).double()

        return self._once("shares", cells, shared)

    def _once(self, kind: str, cells: Size, make: Callable[[], Tensor]) -> Tensor:
        if (kind, cells) not in self._made:
            self._made[kind, cells] = make()
        return self._made[kind, cells]
