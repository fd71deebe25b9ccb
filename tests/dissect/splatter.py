"""A planted generator that goes wrong: three of its units splatter noise over some images, the others paint well.

Latents (N, 8) are normal. The first five move smooth patterns, which twelve units of ``stem`` draw; of the last three
each switches one splattering unit on where it is above 0.8, in about one image of five. Real images are what the
painter makes without splatter.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

UNITS, CELLS, SIZE = 15, 8, 16
BAD = (2, 7, 13)
GOOD = tuple(unit for unit in range(UNITS) if unit not in BAD)
THRESHOLD = 0.8


class Stem(nn.Module):
    """Latents (N, 8) to maps (N, 15, 8, 8)."""

    patterns: Tensor

    def __init__(self) -> None:
        super().__init__()
        rng = torch.Generator().manual_seed(3)
        coarse = torch.randn(UNITS, 5, 3, 3, generator=rng)
        self.register_buffer("patterns", F.interpolate(coarse, size=(CELLS, CELLS), mode="bilinear"))

    def forward(self, latents: Tensor) -> Tensor:
        maps = torch.einsum("nk,ukhw->nuhw", latents[:, :5], self.patterns).relu()
        for place, unit in enumerate(BAD):
            on = (latents[:, 5 + place] > THRESHOLD).float()
            noise = torch.Generator().manual_seed(unit)
            spots = (torch.rand(CELLS, CELLS, generator=noise) > 0.6).float()
            maps[:, unit] = on[:, None, None] * spots * 3
        return maps


class Painter(nn.Module):
    """Maps to images (N, 1, 16, 16): good units gently, splatter with full force and alternating signs."""

    def forward(self, maps: Tensor) -> Tensor:
        large = F.interpolate(maps, size=(SIZE, SIZE), mode="nearest")
        signs = torch.ones(SIZE, SIZE)
        signs[::2, 1::2] = signs[1::2, ::2] = -1
        picture = large[:, GOOD].mean(1, keepdim=True) - 0.5
        return (picture + signs * large[:, BAD].sum(1, keepdim=True) / 3).clamp(-1, 1)


class SplatterGenerator(nn.Sequential):
    """The whole: ``stem`` and ``painter``."""

    def __init__(self) -> None:
        super().__init__()
        self.add_module("stem", Stem())
        self.add_module("painter", Painter())


def latents(count: int, seed: int) -> Tensor:
    """``count`` latents (count, 8)."""
    return torch.randn(count, 8, generator=torch.Generator().manual_seed(seed))


def real_images(count: int, seed: int = 99) -> Tensor:
    """Images (count, 1, 16, 16) without any splatter."""
    clean = latents(count, seed)
    clean[:, 5:] = 0
    return SplatterGenerator()(clean)


def look(images: Tensor) -> Tensor:
    """Features (N, 17), of about unit spread on real images: the picture at 4x4, and how much neighbours differ."""
    coarse = F.avg_pool2d(images, 4).flatten(1)
    detail = images.diff(dim=3).square().mean((1, 2, 3)).sqrt()[:, None]
    return torch.cat([coarse / 0.3, detail / 0.05], dim=1)
