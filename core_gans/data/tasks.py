"""Tasks of translation made from any images: each gives pairs of what is known and the image as it was.

Colourisation, super-resolution, inpainting, the removal of mosaics, and photographs from edges. Of inpainting and
mosaics it is known which pixels were left as they were, so that those can be copied into an answer.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from core_gans.data.examples import Examples, as_float
from core_gans.data.pairs import Pairs
from core_gans.foundation.errors import LabError
from core_gans.foundation.names import require_known
from core_gans.foundation.pixels import quantised

GREY = (0.299, 0.587, 0.114)  # luma of ITU-R BT.601
MOSAIC = 4  # pixels of a mosaic's stone
CANNY = (100, 200)  # slopes of the luma, in bytes, at which an edge goes on and at which it begins


def grey(images: Tensor) -> Tensor:
    """The luma (N, 1, H, W) of images (N, 3, H, W) in [-1, 1]. ValueError for images without colours."""
    if images.dim() != 4 or images.shape[1] != 3:
        raise ValueError(f"expected images in colour (N, 3, H, W), got shape {tuple(images.shape)}.")
    weights = torch.tensor(GREY, dtype=images.dtype, device=images.device)
    return (images * weights[:, None, None]).sum(1, keepdim=True)


def smaller(images: Tensor, times: int) -> Tensor:
    """Images (N, C, H, W) reduced by means of ``times`` x ``times`` pixels and enlarged again by bicubic interpolation.

    In [-1, 1], of the same size: the task's baseline is to leave them as they are. ValueError for sides that are no
    multiples of ``times``.
    """
    _require_multiples(images, times)
    small = F.avg_pool2d(images, times)
    return F.interpolate(small, scale_factor=times, mode="bicubic", align_corners=False).clamp(-1, 1)


def edges(images: Tensor) -> Tensor:
    """The edges (N, 1, H, W) of images (N, C, H, W) in [-1, 1], grey or in colour: 1 on an edge, -1 elsewhere.

    Canny 1986, "A Computational Approach to Edge Detection", as OpenCV computes it from the luma. ValueError
    for other channels.
    """
    luma = images if images.shape[1] == 1 else grey(images)
    pages = quantised(luma).cpu().numpy()
    found = np.stack([cv2.Canny(page[0], *CANNY) for page in pages])[:, None]
    return (torch.from_numpy(found).to(images) / 127.5 - 1).sign()


def central_hole(images: Tensor) -> Tensor:
    """Which pixels are hidden by a hole of half the sides in the middle: (1, 1, H, W) bool."""
    height, width = images.shape[2:]
    hidden = torch.zeros(1, 1, height, width, dtype=torch.bool, device=images.device)
    hidden[..., height // 4 : height - height // 4, width // 4 : width - width // 4] = True
    return hidden


def with_hole(images: Tensor, hidden: Tensor) -> Tensor:
    """Images whose ``hidden`` pixels (1, 1, H, W) bool are the mean of the pixels that are known, per channel."""
    known = images.masked_fill(hidden, 0).sum((2, 3), keepdim=True) / (~hidden).sum()
    return torch.where(hidden, known.expand_as(images), images)


def mosaic(images: Tensor, hidden: Tensor, stone: int = MOSAIC) -> Tensor:
    """Images (N, C, H, W) whose ``hidden`` pixels (N, 1, H, W) are replaced by means of squares of ``stone`` pixels.

    ValueError for sides that are no multiples of it.
    """
    _require_multiples(images, stone)
    coarse = F.interpolate(F.avg_pool2d(images, stone), scale_factor=stone, mode="nearest")
    return torch.where(hidden, coarse, images)


def keep_known(answer: Tensor, source: Tensor, hidden: Tensor) -> Tensor:
    """``answer`` where pixels were hidden, and those of ``source`` where they were known, to the bit.

    All (N, C, H, W); ``hidden`` is true or false, (N, 1, H, W).
    """
    return torch.where(hidden, answer, source)


def psnr(answer: Tensor, truth: Tensor) -> float:
    """The peak signal-to-noise ratio, 10 log10(4 / mean squared error), in decibels.

    Of images (N, C, H, W) in [-1, 1].
    """
    error = (answer - truth).square().mean()
    return float(10 * torch.log10(4 / error))


TASKS: dict[str, Callable[[Tensor], Tensor]] = {
    "colourisation": grey,
    "super-resolution-2": lambda images: smaller(images, 2),
    "super-resolution-4": lambda images: smaller(images, 4),
    "inpainting": lambda images: with_hole(images, central_hole(images)),
    "mosaic": lambda images: mosaic(images, central_hole(images)),
    "edges": edges,
}
"""From the images (N, C, H, W) in [-1, 1] to the sources of a task, by its name."""


def task(name: str, examples: Examples) -> Pairs:
    """The pairs of the task called ``name`` on ``examples``: source and the images as they are, both in [-1, 1].

    ValueError for a task that is not there (it lists the nearest), and for images on which it cannot be set.
    """
    require_known("task", name, TASKS)
    images = as_float(examples.images)
    if TASKS[name] is grey and examples.shape[0] != 3:
        raise LabError(
            f"{name} needs pictures in colour, and {examples.name} has {examples.shape[0]} of the 3 colours: take "
            f"others ({name}:scenes), or another task ({', '.join(each for each in TASKS if each != name)})."
        )
    return Pairs(f"{name} of {examples.name}", TASKS[name](images), images)


def _require_multiples(images: Tensor, of: int) -> None:
    height, width = images.shape[2:]
    if height % of or width % of:
        raise ValueError(f"expected images whose sides are multiples of {of}, got {width}x{height}: choose a --size.")
