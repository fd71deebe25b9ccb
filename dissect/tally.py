"""Counting, in one pass over the images, how often each unit is on at each level in each class.

A histogram of levels against classes holds the intersections and areas of every (unit, level, concept) at once. A
second one counts each image's units against the classes of the image before it (the first's against the last image's):
what those share, they share by chance, by the sizes of things and the places where they usually are. All counts are
integers, so the result does not depend on how the sample is cut into batches.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from dissect.levels import Levels

Pixels = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Counts:
    """Numbers of pixels in the sample, of ``U`` units, ``K`` concepts and ``L`` levels."""

    both: Pixels  # (U, K, L) where the unit is strictly above its level and the concept is seen
    by_chance: Pixels  # (U, K, L) the same, when the concept is looked for in another image
    on: Pixels  # (U, 1, L) where the unit is strictly above its level
    concept: Pixels  # (1, K, 1) where the concept is seen
    total: float


class Tally:
    """Pixels of ``U`` units by class and by the number of levels that the unit's upsampled activation lies above."""

    def __init__(self, levels: Levels, classes: int) -> None:
        self.levels = levels
        self.classes = classes
        units, count = levels.values.shape
        shape = (units, classes + 1, count + 1)  # the last class is "none"
        self._matching = torch.zeros(shape, dtype=torch.int64, device=levels.values.device)
        self._crossed = torch.zeros_like(self._matching)
        self._first: Tensor | None = None
        self._latest: Tensor | None = None

    def add(self, features: Tensor, classes: Tensor) -> None:
        """Count the activations ``features`` (N, U, h, w) against the ``classes`` (N, H, W), -1 being none.

        Activations are brought to (H, W) bilinearly, ``align_corners=False``, as in gandissect.
        """
        # With the units last in memory, upsampling is some twenty times faster on a CPU.
        features = features.contiguous(memory_format=torch.channels_last)
        for one, seen in zip(features.split(1), classes, strict=True):
            upsampled = F.interpolate(one, size=seen.shape, mode="bilinear", align_corners=False)
            below = self.levels.below(upsampled[0].permute(1, 2, 0).reshape(-1, one.shape[1]))  # (H * W, U)
            self._matching += self._histogram(below, seen)
            if self._latest is None:
                self._first = below
            else:
                self._crossed += self._histogram(below, self._latest)
            self._latest = seen

    def counts(self) -> Counts:
        """What was counted so far, of at least one image."""
        assert self._first is not None, "an image was added"
        assert self._latest is not None, "an image was added"
        both, on, concept = self._above(self._matching)
        by_chance, _, _ = self._above(self._crossed + self._histogram(self._first, self._latest))
        return Counts(both, by_chance, on, concept, float(self._matching[0].sum()))

    def _histogram(self, below: Tensor, classes: Tensor) -> Tensor:
        """Pixels (U, classes + 1, L + 1) of one image, from the levels ``below`` (H * W, U) and ``classes`` (H, W)."""
        units, rows, bins = self._matching.shape
        first = torch.arange(units, dtype=torch.int32, device=below.device) * (rows * bins)
        row = torch.where(classes < 0, self.classes, classes).flatten().to(torch.int32) * bins
        where = below + row[:, None] + first
        return torch.bincount(where.flatten(), minlength=units * rows * bins).view(units, rows, bins)

    def _above(self, histogram: Tensor) -> tuple[Pixels, Pixels, Pixels]:
        above = histogram.flip(2).cumsum(2).flip(2)[:, :, 1:]  # above level l: more than l levels lie below
        parts = above[:, : self.classes], above.sum(1, keepdim=True), histogram[:1, : self.classes].sum(2, keepdim=True)
        both, on, concept = (part.double().cpu().numpy() for part in parts)
        return both, on, concept
