"""Counting, in one pass over the images, how often each unit is on at each level in each class.

A histogram of levels against classes holds the intersections and areas of every (unit, level, concept) at once. Others
shuffle the images: each image's units against the classes of the image before it (the first's against the last
image's), of the one before that, and so on. What those share, they share by chance, by the sizes of things and the
places where they usually are. All counts are integers, so the result does not depend on how the sample is cut into
batches.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dissect.measure.classmap import ClassMap
from dissect.measure.levels import Levels
from dissect.measure.upsampling import Upsampling, view

Pixels = NDArray[np.float64]
SHUFFLES = 3  # classes of so many images before are held against each image's units; the first tells what chance is


@dataclass(frozen=True, eq=False)
class Counts:
    """Numbers of pixels in the sample, of ``U`` units, ``K`` concepts and ``L`` levels."""

    both: Pixels  # (U, K, L) where the unit is strictly above its level and the concept is seen
    shuffled: tuple[Pixels, ...]  # (U, K, L) each: the same, when the concept is looked for in another image
    on: Pixels  # (U, 1, L) where the unit is strictly above its level
    concept: Pixels  # (1, K, 1) where the concept is seen
    total: float


class Tally:
    """Pixels of ``U`` units by class and by the number of levels that the unit's upsampled activation lies above."""

    def __init__(self, levels: Levels, classes: int, upsampling: Upsampling = "bilinear") -> None:
        self.levels = levels
        self.classes = classes
        self.upsampling = upsampling
        units, count = levels.values.shape
        shape = (classes + 1, units, count + 1)  # the last class is "none"
        self._matching = torch.zeros(shape, dtype=torch.int64, device=levels.values.device)
        self._crossed = torch.zeros(SHUFFLES, *shape, dtype=torch.int64, device=levels.values.device)
        self._first: list[Tensor] = []  # the features (U, h, w) of the first images
        self._latest: deque[ClassMap] = deque(maxlen=SHUFFLES)  # the classes of the last ones, the last in front

    def add(self, features: Tensor, classes: Sequence[ClassMap]) -> None:
        """Count the activations ``features`` (N, U, h, w) against the ``classes`` of their images.

        Raises:
            ValueError: the image is of another size than those before.
        """
        for one, seen in zip(features, classes, strict=True):
            if self._latest and self._latest[0].size != seen.size:
                raise ValueError(f"expected images of equal size, got {seen.size} after {self._latest[0].size}")
            at = view(one, seen.size, self.levels, self.upsampling)
            at.count((seen, self._matching), *zip(self._latest, self._crossed, strict=False))
            if len(self._first) < SHUFFLES:
                self._first.append(one.clone())
            self._latest.appendleft(seen)

    def counts(self) -> Counts:
        """What was counted so far, of at least one image."""
        assert self._first, "an image was added"
        shuffles = max(1, min(SHUFFLES, int(self._matching[:, 0].sum()) // self._latest[0].classes.numel() - 1))
        crossed = self._crossed.clone()
        for place, one in enumerate(self._first[:shuffles]):
            at = view(one, self._latest[0].size, self.levels, self.upsampling)
            # The sample is a ring: before the first image comes the last.
            at.count(*((self._latest[back - place], crossed[back]) for back in range(place, shuffles)))
        both, on, concept = self._above(self._matching)
        shuffled = tuple(self._above(each)[0] for each in crossed[:shuffles])
        return Counts(both, shuffled, on, concept, float(self._matching[:, 0].sum()))

    def state(self) -> dict[str, np.ndarray]:
        """Everything but the levels, as arrays of any shape, of at least one image; for :meth:`restore`."""
        assert self._first, "an image was added"
        latest = torch.stack([each.classes for each in self._latest])
        parts = (self._matching, self._crossed, torch.stack(self._first), latest)
        names = ("matching", "crossed", "first", "latest")
        return {name: part.cpu().numpy() for name, part in zip(names, parts, strict=True)}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Become the tally whose :meth:`state` (arrays of any shape) this is."""
        device = self.levels.values.device
        self._matching, self._crossed, first, latest = (
            torch.tensor(state[name], device=device) for name in ("matching", "crossed", "first", "latest")
        )
        self._first = list(first)
        self._latest = deque((ClassMap(each, self.classes) for each in latest), maxlen=SHUFFLES)

    def _above(self, histogram: Tensor) -> tuple[Pixels, Pixels, Pixels]:
        histogram = histogram.transpose(0, 1)
        above = histogram.flip(2).cumsum(2).flip(2)[:, :, 1:]  # above level l: more than l levels lie below
        parts = above[:, : self.classes], above.sum(1, keepdim=True), histogram[:1, : self.classes].sum(2, keepdim=True)
        both, on, concept = (part.double().cpu().numpy() for part in parts)
        return both, on, concept
