"""How good a segmenter is, beside true masks: pixel accuracy and intersection over union (Everingham et al. 2010)."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dissect.segmenters.contract import checked_classes
from dissect.segmenters.protocol import Segmenter

UNJUDGED = -1  # in a mask: a pixel without a label
_BATCH = 64


def confusion(
    segmenter: Segmenter,
    images: NDArray,
    masks: NDArray,
    *,
    device: torch.device | str = "cpu",
    change: Callable[[Tensor], Tensor] = lambda images: images,
) -> NDArray[np.int64]:
    """How many pixels of each class (row) are taken for each class (column): (K, K + 1) counts.

    The last column counts the pixels that the segmenter gives to none of its labels. Pixels that the masks do not
    judge count nowhere.

    Args:
        images: (N, H, W, 3), uint8 RGB, or float in [-1, 1].
        masks: (N, H, W) integers, indices of the labels, or -1 for pixels that are not judged.
        change: what is done to the images, (n, 3, H, W) in [-1, 1], before they are shown.

    ValueError for a segmenter that answers with anything but classes.
    """
    classes = len(segmenter.labels)
    counts = torch.zeros(classes * (classes + 1), dtype=torch.int64)
    for begin in range(0, len(images), _BATCH):
        shown, truth = as_tensors(images[begin : begin + _BATCH], masks[begin : begin + _BATCH], device)
        seen = checked_classes(segmenter(change(shown)), shown, segmenter.labels)
        seen = torch.where(seen < 0, classes, seen)
        pairs = (truth * (classes + 1) + seen)[truth != UNJUDGED]
        counts += torch.bincount(pairs, minlength=len(counts)).cpu()
    return counts.reshape(classes, classes + 1).numpy()


def pixel_accuracy(counts: NDArray[np.int64]) -> float:
    """The share of the judged pixels that is right, in [0, 1], from ``counts`` (K, K + 1) of :func:`confusion`.

    NaN where none is judged.
    """
    return float(np.diag(counts).sum() / counts.sum()) if counts.sum() else math.nan


def class_iou(counts: NDArray[np.int64]) -> list[float]:
    """Intersection over union of each class, in [0, 1], from ``counts`` (K, K + 1).

    NaN for one that the masks do not show.
    """
    there = counts.sum(1)
    right = np.diag(counts)
    union = there + counts[:, : len(counts)].sum(0) - right
    return [float(right[i] / union[i]) if there[i] else math.nan for i in range(len(counts))]


def mean_iou(counts: NDArray[np.int64]) -> float:
    """The mean over the classes that the masks show, from ``counts`` (K, K + 1); NaN where they show none."""
    there = [iou for iou in class_iou(counts) if not math.isnan(iou)]
    return sum(there) / len(there) if there else math.nan


def as_tensors(images: NDArray, masks: NDArray, device: torch.device | str) -> tuple[Tensor, Tensor]:
    """Images (N, 3, H, W) in [-1, 1] and masks (N, H, W) int64, on the device."""
    shown = torch.from_numpy(images).to(device).permute(0, 3, 1, 2).float()
    shown = shown / 127.5 - 1.0 if images.dtype == np.uint8 else shown
    return shown, torch.from_numpy(masks.astype(np.int64)).to(device)
