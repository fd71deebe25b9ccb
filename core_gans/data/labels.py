"""Labels and class names as they come from files, checked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

_MOST_CLASSES = 100_000


def check_labels(
    labels: np.ndarray, count: int, names: Sequence[str] | None, where: str
) -> tuple[Tensor, tuple[str, ...]]:
    """The labels as (count,) int64 and the class names, which are "0", "1", ... where the file has none.

    Raises ValueError unless there is one whole number in [0, number of classes) for each of the ``count`` images.
    """
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"{where}: expected labels (N,) of whole numbers, got {labels.dtype} of shape {labels.shape}")
    labels = labels.astype(np.int64)
    if len(labels) != count:
        raise ValueError(f"{where}: expected one label for each of the {count:,} images, got {len(labels):,}")
    classes = len(names) if names is not None else _MOST_CLASSES
    for index in np.flatnonzero((labels < 0) | (labels >= classes))[:1]:
        raise ValueError(
            f"{where}: label {labels[index]} of image {index} is out of range: expected 0 to {classes - 1}"
        )
    if names is None:
        names = [str(label) for label in range(labels.max() + 1)]
    return torch.from_numpy(labels), tuple(names)
