"""The Laplacian pyramid of an image, and players that draw and judge it level by level. Denton et al. 2015, section 3.

With I_0 the image and I_(k+1) = down(I_k) half as large, the level h_k = I_k - up(I_(k+1)) is the detail that is lost
on the way down, so up(I_(k+1)) + h_k is I_k again. ``down`` takes means of 2x2 pixels, ``up`` is bilinear.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from itertools import pairwise
from math import prod

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from core_gans.networks.dropout import Dropout
from core_gans.networks.mlp import SLOPE

KERNEL = 5


def down(images: Tensor) -> Tensor:
    """Images (N, C, H, W) of even sides to (N, C, H/2, W/2)."""
    return F.avg_pool2d(images, 2)


def up(images: Tensor) -> Tensor:
    """Images (N, C, H, W) to (N, C, 2H, 2W)."""
    return F.interpolate(images, scale_factor=2, mode="bilinear", align_corners=False)


def halvings(images: Tensor, count: int) -> list[Tensor]:
    """I_0, ..., I_count, the largest first."""
    found = [images]
    for _ in range(count):
        found.append(down(found[-1]))
    return found


def laplacian(images: Tensor, levels: int) -> tuple[list[Tensor], Tensor]:
    """h_0, ..., h_(levels - 1), and the small image I_levels that is left."""
    pictures = halvings(images, levels)
    return [fine - up(coarse) for fine, coarse in pairwise(pictures)], pictures[-1]


def rebuilt(details: Sequence[Tensor], smallest: Tensor) -> Tensor:
    """The images (N, C, H, W) of a pyramid as ``laplacian`` gives it."""
    images = smallest
    for detail in reversed(details):
        images = up(images) + detail
    return images


def side_shapes(shape: tuple[int, ...], smallest: int) -> list[tuple[int, ...]]:
    """The shapes of the images of a pyramid, the largest first: halved while both sides are even and end above."""
    shapes = [shape]
    while len(shape) == 3 and shape[1] % 2 == shape[2] % 2 == 0 and min(shape[1:]) // 2 >= smallest:
        shape = (shape[0], shape[1] // 2, shape[2] // 2)
        shapes.append(shape)
    return shapes


class DetailGenerator(nn.Module):
    """Coarse images (N, C, H, W), already enlarged, and noise (N, 1, H, W), as one more colour, to details h."""

    def __init__(self, colours: int, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            OrderedDict(
                conv1=_same(colours + 1, width),
                rectifier1=nn.ReLU(),
                conv2=_same(width, width),
                rectifier2=nn.ReLU(),
                detail=_same(width, colours),
            )
        )

    def forward(self, coarse: Tensor, noise: Tensor) -> Tensor:
        detail: Tensor = self.layers(torch.cat((coarse, noise), dim=1))
        return detail


class DetailDiscriminator(nn.Module):
    """Details and the coarse images that they are for, (N, 2C, H, W), to scores (N,).

    The coarse image is no direction to move in: penalties do not see it.
    """

    def __init__(self, shape: tuple[int, ...], width: int, spectral: bool = False) -> None:
        super().__init__()
        colours, *sides = shape
        self.colours = colours
        layers: list[nn.Module] = [_strided(2 * colours, width), _strided(width, width)]
        left = [-(-side // 4) for side in sides]  # halved twice, and rounded up
        score: nn.Module = nn.Linear(width * prod(left), 1)
        if spectral:
            layers, score = [spectral_norm(layer) for layer in layers], spectral_norm(score)
        first, second = layers
        self.layers = nn.Sequential(
            OrderedDict(
                conv1=first,
                rectifier1=nn.LeakyReLU(SLOPE),
                dropout1=Dropout(),
                conv2=second,
                rectifier2=nn.LeakyReLU(SLOPE),
                dropout2=Dropout(),
                flatten=nn.Flatten(),
                score=score,
                squeeze=nn.Flatten(0),
            )
        )

    def forward(self, shown: Tensor) -> Tensor:
        detail, coarse = shown[:, : self.colours], shown[:, self.colours :]
        score: Tensor = self.layers(torch.cat((detail, coarse.detach()), dim=1))
        return score


class PyramidGenerator(nn.Module):
    """Latents of all levels (N, ...) to images (N, C, H, W) in [-1, 1].

    ``coarsest`` draws the smallest image from the first ``latent`` numbers; the player ``details[k]`` of each larger
    one, the largest first, takes a number for each of its pixels, the smaller image's before the larger one's.
    """

    def __init__(self, coarsest: nn.Module, latent: int, shapes: Sequence[tuple[int, ...]], width: int) -> None:
        super().__init__()
        self.latent, self.shapes = latent, tuple(shapes)
        self.coarsest = coarsest
        self.details = nn.ModuleList(DetailGenerator(shape[0], width) for shape in self.shapes[:-1])

    def forward(self, latents: Tensor) -> Tensor:
        sizes = [noise_of(shape) for shape in self.shapes[-2::-1]]
        first, *noises = latents.split([self.latent, *sizes], dim=1)
        images: Tensor = self.coarsest(first)
        for shape, draw, noise in zip(self.shapes[-2::-1], reversed(self.details), noises, strict=True):
            coarse = up(images)
            images = (coarse + draw(coarse, noise.unflatten(1, (1, *shape[1:])))).clamp(-1, 1)
        return images


class PyramidDiscriminator(nn.Module):
    """Images (N, C, H, W) to scores (N,), the mean of what the players of all levels say of their pyramid."""

    def __init__(self, coarsest: nn.Module, shapes: Sequence[tuple[int, ...]], width: int, spectral: bool) -> None:
        super().__init__()
        self.coarsest = coarsest
        self.details = nn.ModuleList(DetailDiscriminator(shape, width, spectral) for shape in shapes[:-1])

    def forward(self, images: Tensor) -> Tensor:
        pictures = halvings(images, len(self.details))
        scores = [self.coarsest(pictures[-1])]
        for judge, fine, small in zip(self.details, pictures, pictures[1:], strict=False):
            coarse = up(small)
            scores.append(judge(torch.cat((fine - coarse, coarse), dim=1)))
        return torch.stack(scores).mean(dim=0)


def noise_of(shape: tuple[int, ...]) -> int:
    """How many numbers of noise the detail of an image of this shape takes: one a pixel."""
    return prod(shape[1:])


def _same(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, KERNEL, padding=KERNEL // 2)


def _strided(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, KERNEL, stride=2, padding=KERNEL // 2)
