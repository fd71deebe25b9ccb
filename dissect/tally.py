"""Counting, in one pass over the images, how often each unit is on at each level in each class.

A histogram of levels against classes holds the intersections and areas of every (unit, level, concept) at once. The
counts are integers, so the result does not depend on how the sample is cut into batches.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from dissect.levels import Levels


class Tally:
    """Pixels of ``U`` units by class and by the number of levels that the unit's upsampled activation lies above."""

    def __init__(self, levels: Levels, classes: int) -> None:
        self.levels = levels
        self.classes = classes
        units, count = levels.values.shape
        shape = (units, classes + 1, count + 1)  # the last class is "none"
        self._counts = torch.zeros(shape, dtype=torch.int64, device=levels.values.device)

    def add(self, features: Tensor, classes: Tensor) -> None:
        """Count the activations ``features`` (N, U, h, w) against the ``classes`` (N, H, W), -1 being none.

        Activations are brought to (H, W) bilinearly, ``align_corners=False``, as in gandissect.
        """
        units, rows, bins = self._counts.shape
        first = torch.arange(units, dtype=torch.int32, device=features.device) * (rows * bins)
        # With the units last in memory, upsampling is some twenty times faster on a CPU.
        features = features.contiguous(memory_format=torch.channels_last)
        for one, seen in zip(features.split(1), classes, strict=True):
            upsampled = F.interpolate(one, size=seen.shape, mode="bilinear", align_corners=False)
            activations = upsampled[0].permute(1, 2, 0).reshape(-1, units)  # (H * W, U)
            row = torch.where(seen < 0, self.classes, seen).flatten().to(torch.int32) * bins
            where = self.levels.below(activations) + row[:, None] + first
            self._counts += torch.bincount(where.flatten(), minlength=self._counts.numel()).view_as(self._counts)

    def tables(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], float]:
        """Pixels of both (U, K, L), pixels where the unit is on (U, 1, L), of each concept (1, K, 1), and in all.

        ``both[u, k, l]`` are the pixels of concept k where unit u is strictly above its level l.
        """
        counts = self._counts.cpu()
        above = counts.flip(2).cumsum(2).flip(2)[:, :, 1:]  # above level l: more than l levels lie below
        both, on = above[:, : self.classes], above.sum(1, keepdim=True)
        concept = counts[:1, : self.classes].sum(2, keepdim=True)
        total = float(counts[0].sum())
        return both.double().numpy(), on.double().numpy(), concept.double().numpy(), total
