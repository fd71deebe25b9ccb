"""A generator that pictures can be inverted by: its latent is the map of each thing; all of it is differentiable."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from demos.paint.own_pictures import OwnPictures
from demos.paint.painter import Painter
from dissect import dissect
from tests.dissect.glass import COLOURS, LABELS, ColourSegmenter

CELLS, SIDE = 8, 16
THINGS = ("grass", "sky", "tree", "door")


class Maps(nn.Module):
    """Latents (N, 256) as the maps (N, 4, 8, 8) that they are."""

    def forward(self, latents: Tensor) -> Tensor:
        return latents.unflatten(1, (len(THINGS), CELLS, CELLS))


class Colours(nn.Module):
    """Maps (N, 4, 8, 8) to images (N, 3, 16, 16): each cell has the colour of the thing whose map is highest."""

    def forward(self, maps: Tensor) -> Tensor:
        shares = F.interpolate(F.softmax(6 * maps, 1), scale_factor=SIDE // CELLS)
        return torch.einsum("nuhw,uc->nchw", shares, COLOURS[: len(THINGS)].to(maps))


def latent(rng: torch.Generator) -> Tensor:
    """(1, 256): sky over grass; in most scenes a tree or a door stands on it."""
    maps = torch.zeros(1, len(THINGS), CELLS, CELLS)
    maps[:, 0, 4:], maps[:, 1, :4] = 1, 1
    left, thing = (int(torch.randint(high, (), generator=rng)) for high in (6, 3))
    if thing:
        maps[:, :, 4:6, left : left + 2] = 0
        maps[:, 1 + thing, 4:6, left : left + 2] = 1
    return maps.flatten(1)


def picture(seed: int, side: int = SIDE) -> Tensor:
    """What the generator draws from the latent of ``seed``, (3, side, side), enlarged pixel by pixel."""
    return F.interpolate(generator()(latent(torch.Generator().manual_seed(seed))), size=(side, side))[0]


def generator() -> nn.Sequential:
    """A chain of the two."""
    return nn.Sequential(OrderedDict(maps=Maps(), colours=Colours()))


def soft_painter(pictures: OwnPictures | None = None) -> Painter:
    """Paints on it."""
    net, segmenter = generator(), ColourSegmenter()
    latents = torch.cat([latent(torch.Generator().manual_seed(seed)) for seed in range(64)])
    colours = COLOURS.add(1).mul(127.5).round().int().tolist()
    found = dissect(net, "maps", latents, segmenter)
    assert found.labels == LABELS
    return Painter(net, latent, found, segmenter, colours, pictures=pictures)


def seed_with(painter: Painter, thing: str) -> int:
    """The first scene that shows a tree or a door."""
    return next(seed for seed in range(100) if painter.shares(seed)[thing] > 0)
