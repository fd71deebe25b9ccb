"""A data set held in memory: images or points, with labels, class names and captions where there are any."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.utils.data import Dataset

from core_gans.data.captions import Captions


@dataclass(frozen=True)
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

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one example: (C, H, W), or (D,) for points."""
        return tuple(self.images.shape[1:])


def as_float(images: Tensor) -> Tensor:
    """Bytes in [0, 255] to floats in [-1, 1]; floats stay as they are."""
    return images.float().div(127.5).sub(1.0) if images.dtype == torch.uint8 else images.float()
