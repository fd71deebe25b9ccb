"""How strong a unit is where a concept is and where it is not: the values to insert it with, or to erase it to.

Bau et al. 2019, GAN Dissection, section 3.2: units are inserted at a constant, the mean of their activation weighted by
the concept's area in each cell of the layer.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dissect.measure.classmap import ClassMap

HIGH = 0.99  # the quantile that GANPaint inserts with


class ConceptMeans:
    """Running means of ``U`` units inside and outside ``K`` concepts, in float64."""

    def __init__(self, units: int, concepts: int) -> None:
        self._weighted = torch.zeros(concepts, units, dtype=torch.float64)
        self._area = torch.zeros(concepts, 1, dtype=torch.float64)
        self._sum = torch.zeros(units, dtype=torch.float64)
        self._cells = 0

    def add(self, features: Tensor, classes: Sequence[ClassMap]) -> None:
        """Take in ``features`` (N, U, h, w) seen beside the ``classes`` of their images."""
        for feature, seen in zip(features, classes, strict=True):
            area = seen.shares((feature.shape[1], feature.shape[2]))
            feature = feature.flatten(1).double()
            self._weighted += (area @ feature.T).cpu()
            self._area += area.sum(1, keepdim=True).cpu()
            self._sum += feature.sum(1).cpu()
            self._cells += feature.shape[1]

    def means(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Means inside and outside, both (K, U); NaN of a side without any area."""
        elsewhere = self._cells - self._area
        inside = self._weighted / self._area  # NaN is 0 / 0
        outside = torch.where(elsewhere > 1e-9, (self._sum - self._weighted) / elsewhere, torch.nan)
        return inside.numpy(), outside.numpy()

    def state(self) -> dict[str, np.ndarray]:
        """Everything, as arrays of any shape, for :meth:`restore`."""
        cells = np.array([self._cells])
        return {
            "weighted": self._weighted.numpy(), "area": self._area.numpy(), "sum": self._sum.numpy(), "cells": cells,
        }  # fmt: skip

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Become the means whose :meth:`state` (arrays of any shape) this is."""
        self._weighted, self._area, self._sum = (torch.tensor(state[name]) for name in ("weighted", "area", "sum"))
        self._cells = int(state["cells"][0])
