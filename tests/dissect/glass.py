"""A glass generator: every unit of its layer is planted, so a dissection has a right answer.

A scene of 32x32 has a sky above a horizon, grass below, a disc for a tree and a square for a door, each there in some
scenes only. The layer ``stem.glass`` holds maps of 16x16; a painter lays sky, tree and door over grass, in this order,
wherever the map of the unit that draws it is above a half. Colours are those of the labels, so that the segmenter,
which looks colours up, is exact.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

LABELS = ("grass", "sky", "tree", "door", "sun")  # there is never a sun
COLOURS = torch.tensor([[0.2, 0.8, 0.2], [0.4, 0.6, 1.0], [0.0, 0.3, 0.0], [0.6, 0.2, 0.1], [1.0, 1.0, 0.0]]) * 2 - 1
SKY, TREE, DOOR = 0, 3, 5  # the units that draw
NOISE, NOT_TREE, ALWAYS, UPPER = 1, 2, 4, 6  # units that draw nothing
UNITS, CELLS, SIZE = 8, 16, 32


class Glass(nn.Module):
    """The planted maps of latents (N, 6) in [0, 1]: horizon, tree's place, door's place, what is there, seed."""

    def forward(self, latents: Tensor) -> Tensor:
        maps = torch.zeros(len(latents), UNITS, CELLS, CELLS, device=latents.device)
        rows = torch.arange(CELLS, device=latents.device)[:, None].expand(CELLS, CELLS)
        columns = rows.T
        for i, (horizon, tree, door, there, also, seed) in enumerate(latents.tolist()):
            edge = 4 + int(horizon * 7)
            maps[i, SKY] = (rows < edge).float()
            centre = 3 + int(tree * 9)
            if there > 0.4:
                maps[i, TREE] = ((rows - edge) ** 2 + (columns - centre) ** 2 <= 6).float()
            left = int(door * 14)
            if also > 0.5:
                maps[i, DOOR] = ((rows >= 13) & (columns >= left) & (columns < left + 2)).float()
            noise = torch.Generator().manual_seed(int(seed * 1e6))
            maps[i, NOISE] = torch.rand(CELLS, CELLS, generator=noise).to(maps)
            maps[i, NOT_TREE] = 1 - maps[i, TREE]
        maps[:, ALWAYS] = 0.7
        maps[:, UPPER, :7] = 1.0  # where the sky usually is, in every picture
        maps[:, 7] = maps[:, TREE] * 0.5 + maps[:, DOOR] * 0.2  # knows of both, draws neither
        return maps


class Painter(nn.Module):
    """Maps (N, UNITS, 16, 16) to images (N, 3, 32, 32)."""

    def forward(self, maps: Tensor) -> Tensor:
        bold = F.interpolate(maps, size=(SIZE, SIZE), mode="bilinear", align_corners=False)
        picture = COLOURS[0].to(maps).view(1, 3, 1, 1).expand(len(maps), 3, SIZE, SIZE)
        for unit, label in ((SKY, "sky"), (TREE, "tree"), (DOOR, "door")):
            colour = COLOURS[LABELS.index(label)].to(maps).view(1, 3, 1, 1)
            picture = torch.where(bold[:, unit : unit + 1] > 0.5, colour, picture)
        return picture


class GlassGenerator(nn.Module):
    """The whole: its layers are ``stem``, ``stem.glass``, ``painter`` and one that is never used, ``attic``."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential()
        self.stem.add_module("glass", Glass())
        self.painter = Painter()
        self.attic = nn.Identity()

    def forward(self, latents: Tensor) -> Tensor:
        return self.painter(self.stem(latents))


class ColourSegmenter:
    """Every pixel's class is the label of the nearest colour."""

    labels: tuple[str, ...] = LABELS

    def __call__(self, images: Tensor) -> Tensor:
        distance = (images[:, None] - COLOURS.to(images)[None, :, :, None, None]).square().sum(2)
        return distance.argmin(1)


def latents(count: int, seed: int = 0) -> Tensor:
    """``count`` latents (count, 6)."""
    return torch.rand(count, 6, generator=torch.Generator().manual_seed(seed))


def shares(images: Tensor, labels: Sequence[str] = LABELS) -> dict[str, float]:
    """The share of all pixels that shows each of ``labels``."""
    classes = ColourSegmenter()(images)
    return {label: float((classes == LABELS.index(label)).float().mean()) for label in labels}
