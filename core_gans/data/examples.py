"""A data set held in memory: images or points, with labels, class names and captions where there are any."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.utils.data import Dataset

from core_gans.data.captions import Captions
from core_gans.foundation.notebook import shown
from core_gans.foundation.pixels import Picture, png
from core_gans.foundation.sheets import picture

SHOWN, POINTS_SHOWN = 16, 1_000  # examples of a picture, evenly spaced


@dataclass(frozen=True, repr=False)
class Examples(Dataset[tuple[Tensor, int]]):
    """Images (N, C, H, W), uint8 in [0, 255] or float in [-1, 1], or points (N, D), float.

    ``labels`` is (N,) int64 in [0, len(classes)), or None. ``name`` is what people call the data set.
    ``captions`` has one for each example, or is None.
    Floats are kept as they are: points in their own units, images in [-1, 1].
    """

    name: str
    images: Tensor
    labels: Tensor | None = None
    classes: tuple[str, ...] = ()
    captions: Captions | None = None
    notes: tuple[str, ...] = ()
    """What a person should know of how they were read, a sentence each."""

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        label = -1 if self.labels is None else int(self.labels[index])
        return as_float(self.images[index]), label

    def __repr__(self) -> str:
        classes = f", {len(self.classes)} classes" if self.classes else ""
        return f"Examples({self.name}: {len(self):,} of shape {self.shape}{classes})"

    def _repr_html_(self) -> str:
        return shown(repr(self), self._picture())

    def _repr_png_(self) -> bytes | None:
        page = self._picture()
        return None if page is None else png(page)

    def _picture(self) -> Picture | None:
        """Some of them; None where they are neither images nor points in the plane."""
        plane, images = self.shape == (2,), len(self.shape) == 3 and self.shape[0] in (1, 3)
        if not len(self) or not (plane or images):
            return None
        chosen = torch.linspace(0, len(self) - 1, min(len(self), POINTS_SHOWN if plane else SHOWN)).long()
        return picture(as_float(self.images[chosen]))

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one example: (C, H, W), or (D,) for points."""
        return tuple(self.images.shape[1:])


def as_float(images: Tensor) -> Tensor:
    """Bytes in [0, 255] to floats in [-1, 1]; floats stay as they are."""
    return images.float().div(127.5).sub(1.0) if images.dtype == torch.uint8 else images.float()
