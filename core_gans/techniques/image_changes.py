"""Random changes of images, each differentiable as often as asked, so that a generator learns through them.

``colour``, ``translation`` and ``cutout`` are DiffAugment's: Zhao et al. 2020, "Differentiable Augmentation for
Data-Efficient GAN Training", section 3, with the strengths of the authors' code. ``mirror``, ``turn`` and ``zoom`` are
pixel blitting and isotropic scaling of Karras et al. 2020, "Training Generative Adversarial Networks with Limited
Data", appendix B. Images (N, C, H, W) in [-1, 1]; every image is changed in its own way. What comes in from outside an
image is 0, a middle grey.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

Change = Callable[[Tensor, torch.Generator], Tensor]
ChangeName = Literal["colour", "translation", "cutout", "mirror", "turn", "zoom"]

SHIFT = 0.125  # of a side, at most
HOLE = 0.5  # of each side
ZOOM = 0.2  # standard deviation of the binary logarithm of the scale


def brightened(images: Tensor, added: Tensor) -> Tensor:
    """``added`` (N,) to every number of an image."""
    return images + _of_images(added, images)


def saturated(images: Tensor, share: Tensor) -> Tensor:
    """Colours ``share`` (N,) times as far from the grey of their pixel."""
    grey = images.mean(dim=1, keepdim=True)
    return grey + (images - grey) * _of_images(share, images)


def contrasted(images: Tensor, share: Tensor) -> Tensor:
    """Numbers ``share`` (N,) times as far from the mean of their image."""
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    return mean + (images - mean) * _of_images(share, images)


def resampled(images: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """The images at ``rows`` (N, H) and ``columns`` (N, W), in pixels from 0 on; between two pixels on a line.

    Beyond the edge, values fall to 0 within one pixel.
    """
    high, wide = _weights(rows, images.shape[2]), _weights(columns, images.shape[3])
    return high.to(images) @ images @ wide.to(images).transpose(2, 3)


def shifted(images: Tensor, down: Tensor, right: Tensor) -> Tensor:
    """Moved by whole pixels (N,) int64."""
    height, width = images.shape[2:]
    return resampled(images, _places(height, images) - down[:, None], _places(width, images) - right[:, None])


def zoomed(images: Tensor, scale: Tensor) -> Tensor:
    """``scale`` (N,) times as large, around the middle."""
    middles = [(side - 1) / 2 for side in images.shape[2:]]
    rows, columns = (
        (_places(side, images) - middle) / scale[:, None] + middle
        for side, middle in zip(images.shape[2:], middles, strict=True)
    )
    return resampled(images, rows, columns)


def holed(images: Tensor, down: Tensor, right: Tensor) -> Tensor:
    """A hole of 0 of half of each side, its middle at ``down`` and ``right`` (N,) int64, as far as it lies inside."""
    rows, columns = (
        (_places(side, images) - middle[:, None] + _hole(side) // 2).floor_divide(_hole(side)) == 0
        for side, middle in zip(images.shape[2:], (down, right), strict=True)
    )
    return images.masked_fill(rows[:, None, :, None] & columns[:, None, None, :], 0.0)


def colour(images: Tensor, rng: torch.Generator) -> Tensor:
    """Brightness by up to 0.5, saturation by 0 to 2 and contrast by 0.5 to 1.5, one after the other."""
    added, saturation, contrast = torch.rand(3, len(images), generator=rng, device=rng.device)
    return contrasted(saturated(brightened(images, added - 0.5), 2 * saturation), contrast + 0.5)


def translation(images: Tensor, rng: torch.Generator) -> Tensor:
    """Up to an eighth of each side to any direction."""
    down, right = (_whole(-int(SHIFT * side + 0.5), int(SHIFT * side + 0.5), images, rng) for side in images.shape[2:])
    return shifted(images, down, right)


def cutout(images: Tensor, rng: torch.Generator) -> Tensor:
    """A hole with its middle anywhere."""
    down, right = (_whole(0, side - _hole(side) % 2, images, rng) for side in images.shape[2:])
    return holed(images, down, right)


def mirror(images: Tensor, rng: torch.Generator) -> Tensor:
    """Every second image, by chance, is mirrored from left to right."""
    return _where(_whole(0, 1, images, rng) == 1, images.flip(3), images)


def turn(images: Tensor, rng: torch.Generator) -> Tensor:
    """Turned by 0 to 3 quarters, all alike probable. The images are squares."""
    quarters = _whole(0, 3, images, rng)
    for number in (1, 2, 3):
        images = _where(quarters == number, images.rot90(number, (2, 3)), images)
    return images


def zoom(images: Tensor, rng: torch.Generator) -> Tensor:
    """Scaled by 2^s, s from N(0, 0.2^2)."""
    return zoomed(images, (ZOOM * torch.randn(len(images), generator=rng, device=rng.device)).exp2())


CHANGES: dict[ChangeName, Change] = {
    "mirror": mirror,
    "turn": turn,
    "translation": translation,
    "zoom": zoom,
    "colour": colour,
    "cutout": cutout,
}
"""By name, in the order in which they follow each other."""


def changed(images: Tensor, names: tuple[ChangeName, ...], probability: Tensor | float, rng: torch.Generator) -> Tensor:
    """``images`` with each of the changes made of each image with this probability, whatever happens to the others."""
    for name, change in CHANGES.items():
        if name in names:
            chosen = torch.rand(len(images), generator=rng, device=rng.device) < probability
            images = _where(chosen, change(images, rng), images)
    return images


def _whole(least: int, most: int, images: Tensor, rng: torch.Generator) -> Tensor:
    return torch.randint(least, most + 1, (len(images),), generator=rng, device=rng.device)


def _where(chosen: Tensor, ones: Tensor, others: Tensor) -> Tensor:
    return torch.where(chosen[:, None, None, None], ones, others)


def _of_images(values: Tensor, images: Tensor) -> Tensor:
    return values.to(images)[:, None, None, None]


def _places(side: int, images: Tensor) -> Tensor:
    return torch.arange(side, device=images.device)


def _hole(side: int) -> int:
    return int(HOLE * side + 0.5)


def _weights(places: Tensor, side: int) -> Tensor:
    """(N, 1, P, side): how much of each pixel is at each of the places (N, P)."""
    apart = places[:, None, :, None] - torch.arange(side, device=places.device)
    return F.relu(1 - apart.abs())
