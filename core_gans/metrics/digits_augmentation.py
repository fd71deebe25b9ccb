"""Augmentations for the digits classifier, so that it also judges imperfect generated images well.

Digits are shifted, turned, sheared, blurred and dusted with noise, as a generator's are. Images that are no digits
at all (noise, smears, blank paper, shuffled pieces) are shown too, and answered with "any class, equally" (outlier
exposure, Hendrycks et al. 2019): otherwise a classifier is often sure of its class for pure noise.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

PIECES = 4  # on a side, of an image whose pieces are laid out anew
_TURN = math.radians(12)
_SHEAR = 0.15
_SCALE = 0.12
_SHIFT = 2.5 / 16  # of half the image: 2.5 pixels of 32
_BLUR = 1.3  # pixels, standard deviation
_NOISE = 0.25  # of the range [-1, 1]


def augment(images: Tensor, rng: torch.Generator) -> Tensor:
    """Images (N, 1, H, W) in [-1, 1], each moved, blurred, faded and dusted at random; the range is kept."""
    moved = _move(images, rng)
    blurred = blur(moved, _uniform(1, rng, 0.3, _BLUR).item())
    share = _uniform(len(images), rng, 0, 1)
    soft = torch.lerp(moved, blurred, share)
    ink = _uniform(len(images), rng, 0.75, 1.0)
    faded = (soft + 1) * ink - 1
    dust = torch.randn(images.shape, generator=rng) * _uniform(len(images), rng, 0, _NOISE)
    return (faded + dust).clamp(-1, 1)


def no_digits(images: Tensor, rng: torch.Generator) -> Tensor:
    """As many images (N, 1, H, W) in [-1, 1] that are no digits: smooth or white noise, grey, or shuffled pieces."""
    noise = torch.randn(images.shape, generator=rng)
    width = _uniform(1, rng, 0.5, 5).item()
    smears = blur(noise, width)
    smears = smears / smears.std(dim=(1, 2, 3), keepdim=True)
    level = _uniform(len(images), rng, -1, 1)
    contrast = _uniform(len(images), rng, 0, 1)
    # A smear squashed by tanh is the black and white blob of an untrained generator.
    blobs = torch.tanh((smears + level) * 3 * contrast)
    dusted = level + noise * contrast
    pieces = _shuffle_pieces(images, rng)
    kind = torch.randint(4, (len(images), 1, 1, 1), generator=rng)
    other = torch.where(kind == 0, dusted, torch.where(kind == 1, pieces, blobs))
    return other.clamp(-1, 1)


def blur(images: Tensor, sigma: float) -> Tensor:
    """Gaussian blur of images (N, C, H, W), ``sigma`` in pixels, the border repeated."""
    reach = min(max(1, math.ceil(3 * sigma)), images.shape[-1] - 1)
    line = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / sigma) ** 2)
    line = (line / line.sum()).to(images).expand(images.shape[1], 1, -1)
    padded = F.pad(images, (reach, reach, reach, reach), mode="replicate")
    across = F.conv2d(padded, line[:, :, None, :], groups=images.shape[1])
    return F.conv2d(across, line[:, :, :, None], groups=images.shape[1])


def _move(images: Tensor, rng: torch.Generator) -> Tensor:
    count = len(images)
    turn = _uniform(count, rng, -_TURN, _TURN).flatten()
    shear = _uniform(count, rng, -_SHEAR, _SHEAR).flatten()
    scale = 1 + _uniform(count, rng, -_SCALE, _SCALE).flatten()
    shift = _uniform(2 * count, rng, -_SHIFT, _SHIFT).view(count, 2, 1)
    cos, sin = turn.cos() * scale, turn.sin() * scale
    matrix = torch.stack([torch.stack([cos, shear - sin], dim=1), torch.stack([sin, cos], dim=1)], dim=1)
    where = F.affine_grid(torch.cat([matrix, shift], dim=2), list(images.shape), align_corners=False)
    # The paper is black, -1: shifted to 0, so that what comes in from outside is paper too.
    return F.grid_sample(images + 1, where, align_corners=False) - 1


def _shuffle_pieces(images: Tensor, rng: torch.Generator) -> Tensor:
    """Each image cut into PIECES x PIECES squares, and those laid out anew."""
    side = images.shape[-1] // PIECES
    cut = F.unfold(images, kernel_size=side, stride=side)  # (N, side * side, PIECES * PIECES)
    order = torch.rand(len(images), 1, PIECES * PIECES, generator=rng).argsort(dim=2).expand_as(cut)
    return F.fold(cut.gather(2, order), images.shape[2:], kernel_size=side, stride=side)


def _uniform(count: int, rng: torch.Generator, low: float, high: float) -> Tensor:
    """Uniform numbers (count, 1, 1, 1) in [low, high)."""
    return torch.rand(count, 1, 1, 1, generator=rng) * (high - low) + low
