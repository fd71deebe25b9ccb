"""Labels and class names as they come from files, checked: whole numbers, words, or one 1 among 0s."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

_MOST_CLASSES = 100_000


def check_labels(
    labels: np.ndarray, count: int, names: Sequence[str] | None, where: str
) -> tuple[Tensor, tuple[str, ...]]:
    """The labels as (count,) int64 in [0, number of classes), and the class names.

    ``labels`` are whole numbers (count,), words (count,), or rows (count, classes) with one 1 each. With ``names``, a
    number is the place of its name, and a word is one of them. Without, the classes are 0, 1, ... up to the largest
    label; but where fewer than half of these occur, only those that do: 5, 12 and 19 are three classes of these names.

    Raises ValueError unless there is one label for each of the ``count`` images, and for other numbers and words.
    """
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.dtype.kind == "S":
        labels = np.char.decode(labels, "utf-8", "replace")
    if labels.ndim == 2 and labels.dtype.kind in "biuf":
        labels, names = _one_hot(labels, names, where)
    elif labels.dtype.kind == "f" and np.isfinite(labels).all() and (labels == np.rint(labels)).all():
        labels = labels.astype(np.int64)
    if labels.ndim != 1 or labels.dtype.kind not in "biuU":
        raise ValueError(f"{where}: expected labels (N,) of whole numbers, got {labels.dtype} of shape {labels.shape}")
    if len(labels) != count:
        raise ValueError(f"{where}: expected one label for each of the {count:,} images, got {len(labels):,}")
    if labels.dtype.kind == "U":
        return _words(labels, names, where)
    labels = labels.astype(np.int64)
    classes = len(names) if names is not None else _MOST_CLASSES
    for index in np.flatnonzero((labels < 0) | (labels >= classes))[:1]:
        raise ValueError(
            f"{where}: label {labels[index]} of image {index} is out of range: expected 0 to {classes - 1}"
        )
    if names is None:
        found, places = np.unique(labels, return_inverse=True)
        every = int(labels.max()) + 1
        if 2 * len(found) < every:
            return torch.from_numpy(places.astype(np.int64)), tuple(str(label) for label in found)
        names = [str(label) for label in range(every)]
    return torch.from_numpy(labels), tuple(names)


def _one_hot(labels: np.ndarray, names: Sequence[str] | None, where: str) -> tuple[np.ndarray, list[str]]:
    """The places of the 1s, and a name for each column."""
    ones = (labels == 1).sum(1) == 1
    zeros = (labels == 0).sum(1) == labels.shape[1] - 1
    for index in np.flatnonzero(~(ones & zeros))[:1]:
        raise ValueError(
            f"{where}: expected labels of whole numbers (N,), or rows of one 1 and 0s, got {labels.dtype} of shape "
            f"{labels.shape}; row {index} is {labels[index][:8].tolist()}: save one class for each image"
        )
    if names is not None and len(names) != labels.shape[1]:
        raise ValueError(
            f"{where}: expected labels of whole numbers, or a column for each of {len(names)} class names, got "
            f"{labels.dtype} of shape {labels.shape}"
        )
    return labels.argmax(1), list(names) if names is not None else [str(each) for each in range(labels.shape[1])]


def _words(labels: np.ndarray, names: Sequence[str] | None, where: str) -> tuple[Tensor, tuple[str, ...]]:
    known = list(names) if names is not None else sorted(set(labels.tolist()))
    if len(known) > _MOST_CLASSES:
        raise ValueError(f"{where}: expected at most {_MOST_CLASSES:,} classes, got {len(known):,} words")
    place = {name: index for index, name in enumerate(known)}
    for index, word in enumerate(labels.tolist()):
        if word not in place:
            raise ValueError(f"{where}: label {word!r} of image {index} is no class name: expected one of {known[:8]}")
    return torch.tensor([place[word] for word in labels.tolist()]), tuple(known)
