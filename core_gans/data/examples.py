"""A data set held in memory: points, images, clips or tokens, with labels, class names and captions where there are
any.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.utils.data import Dataset

from core_gans.data.captions import Captions
from core_gans.data.room import picked, touched
from core_gans.foundation.notebook import shown
from core_gans.foundation.pixels import Picture, png
from core_gans.foundation.sheets import picture
from core_gans.game import Kind

SHOWN, POINTS_SHOWN, CLIPS_SHOWN = 16, 1_000, 4  # examples of a picture, evenly spaced


@dataclass(frozen=True, repr=False)
class Examples(Dataset[tuple[Tensor, int]]):
    """Images (N, C, H, W) or clips (N, C, T, H, W), uint8 in [0, 255] or float in [-1, 1]; points (N, D), float; or
    tokens (N, T), int64.

    ``labels`` is (N,) int64 in [0, len(classes)), or None. ``name`` is what people call the data set.
    ``captions`` has one for each example, or is None.
    Floats are kept as they are: points in their own units, images and clips in [-1, 1].
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
        """Some of them; None where they are neither images, clips nor points in the plane."""
        shown = {"points": POINTS_SHOWN, "images": SHOWN, "clips": CLIPS_SHOWN}.get(self.kind, 0)
        drawable = self.shape == (2,) if self.kind == "points" else self.shape[0] in (1, 3)
        if not len(self) or not (shown and drawable):
            return None
        chosen = torch.linspace(0, len(self) - 1, min(len(self), shown)).long()
        return picture(as_float(self.images[chosen]))

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one example: (C, H, W), (C, T, H, W) of clips, (D,) of points or (T,) of tokens."""
        return tuple(self.images.shape[1:])

    @property
    def kind(self) -> Kind:
        """What the examples are, which their tensor says."""
        if self.images.dim() > 2:
            return "clips" if self.images.dim() == 5 else "images"
        return "points" if self.images.is_floating_point() else "tokens"

    def at(self, chosen: Tensor) -> Tensor:
        """The images (n, ...) at the indices ``chosen`` (n,) of all (N, ...), as they are kept."""
        images = self.images[chosen]
        touched(images.nbytes)
        return images

    def part(self, chosen: Tensor) -> Examples:
        """The examples at the indices ``chosen`` (n,) of all (N, ...), with their labels and captions.

        Many clips are put into a mapped file of their own, as they were; LabError where the disk has no room for it.
        """
        many = self.kind == "clips" and self.images.dtype == torch.uint8
        images = torch.from_numpy(picked(self.images.numpy(), chosen.numpy())) if many else self.images[chosen]
        return replace(
            self,
            images=images,
            labels=None if self.labels is None else self.labels[chosen],
            captions=None if self.captions is None else self.captions.part(chosen),
        )


def as_float(images: Tensor) -> Tensor:
    """Bytes in [0, 255] to floats in [-1, 1]; floats, and tokens, which are int64 (N, T), stay as they are."""
    if images.dtype == torch.int64 and images.dim() == 2:
        return images
    return images.float().div(127.5).sub(1.0) if images.dtype == torch.uint8 else images.float()
