"""SNGAN's residual generator (Miyato et al. 2018) in the layout of mimicry."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from math import isqrt

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core_gans.foreign.weights import complete, fitted, found

Weights = Mapping[str, Tensor]


class ResidualBlock(nn.Module):
    """Maps (N, C, S, S) enlarged to (N, C', 2S, 2S) by two convolutions beside a third."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.b1, self.b2 = nn.BatchNorm2d(before), nn.BatchNorm2d(after)
        self.c1, self.c2 = nn.Conv2d(before, after, 3, padding=1), nn.Conv2d(after, after, 3, padding=1)
        self.c_sc = nn.Conv2d(before, after, 1)

    def forward(self, x: Tensor) -> Tensor:
        inside = self.c2(F.relu(self.b2(self.c1(_enlarged(F.relu(self.b1(x)))))))
        whole: Tensor = inside + self.c_sc(_enlarged(x))
        return whole


class ResidualGenerator(nn.Module):
    """Images (N, 3, S, S) in [-1, 1] from normal latents (N, Z)."""

    def __init__(self, latent: int, side: int, channels: list[int], colours: int) -> None:
        super().__init__()
        self.latent, self.side = latent, side
        self.start = nn.Linear(latent, side * side * channels[0])
        pairs = pairwise(channels)
        self.blocks = nn.Sequential(*(ResidualBlock(*pair) for pair in pairs))
        self.norm = nn.BatchNorm2d(channels[-1])
        self.draw = nn.Conv2d(channels[-1], colours, 3, padding=1)

    def forward(self, latents: Tensor) -> Tensor:
        x = self.blocks(self.start(latents).view(len(latents), -1, self.side, self.side))
        return torch.tanh(self.draw(F.relu(self.norm(x))))

    def latents(self, count: int, rng: torch.Generator) -> Tensor:
        """Normal latents (count, Z)."""
        return torch.randn(count, self.latent, generator=rng, device=rng.device)


def is_mimicry(weights: Weights) -> bool:
    """Whether these are names of mimicry's residual generators, without labels."""
    return {"l1.weight", "block2.c1.weight", "block2.c_sc.weight", "block2.b1.running_mean"} <= set(weights)


@complete
def of_mimicry(weights: Weights) -> ResidualGenerator:
    """The generator of a SNGAN of any size. LabError where a layer is missing or of another shape."""
    blocks = sorted({int(match[1]) for name in weights if (match := re.match(r"block(\d+)\.", name))})
    last = blocks[-1] + 1
    names = {"l1": "start", f"b{last}": "norm", f"c{last}": "draw"}
    names |= {f"block{block}": f"blocks.{block - 2}" for block in blocks}
    ours = {}
    for name in weights:
        head, _, rest = name.partition(".")
        if head in names:
            ours[f"{names[head]}.{rest}"] = found(weights, name)
    channels = [found(weights, "block2.b1.weight").shape[0]]
    channels += [len(found(weights, f"block{block}.c2.weight")) for block in blocks]
    start = found(weights, "l1.weight")
    network = ResidualGenerator(
        start.shape[1], isqrt(len(start) // channels[0]), channels, len(found(weights, f"c{last}.weight"))
    )
    fitted(network, ours)
    return network


def _enlarged(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
