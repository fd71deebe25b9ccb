"""Generators as other people have them: tokens on a grid, and a denoiser that runs its layers once a step; planted."""

from __future__ import annotations

import torch
from torch import Tensor, nn

LABELS = ("dark", "light")
SIDE, STEPS = 8, 4


class LightSegmenter:
    """Light is where the mean of the colours is above 0."""

    labels: tuple[str, ...] = LABELS

    def __call__(self, images: Tensor) -> Tensor:
        return (images.mean(1) > 0).long()


class Block(nn.Module):
    """Attention and an MLP on tokens (N, T, C), as in a ViT."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, 2, batch_first=True)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x: Tensor) -> Tensor:
        seen = self.norm1(x)
        x = x + self.attention(seen, seen, seen, need_weights=False)[0]
        return x + self.mlp(self.norm2(x))


class TokenGenerator(nn.Module):
    """A small ViT from latents (N, 6) to images (N, 3, 16, 16): a class token, then 8 x 8 tokens that draw 2 x 2 each.

    The picture's light is unit 5 of ``blocks.1``.
    """

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.width = width
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.start = nn.Linear(6, (1 + SIDE * SIDE) * width)
            self.blocks = nn.ModuleList(Block(width) for _ in range(2))
            self.draw = nn.Linear(width, 12)
            nn.init.normal_(self.draw.weight, std=0.02)
            nn.init.zeros_(self.draw.bias)
            self.draw.weight.data[:, 5] = 2.0

    def forward(self, latents: Tensor) -> Tensor:
        x = self.start(latents).view(len(latents), 1 + SIDE * SIDE, self.width)
        for block in self.blocks:
            x = block(x)
        drawn = self.draw(x[:, 1:]).view(-1, SIDE, SIDE, 3, 2, 2).permute(0, 3, 1, 4, 2, 5)
        return torch.tanh(drawn.reshape(-1, 3, 2 * SIDE, 2 * SIDE))


class StepDenoiser(nn.Module):
    """Noise (N, 3, 16, 16) to images in four runs of ``net``, whose unit 2 of ``net.inside`` draws the light."""

    def __init__(self) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(1)
            self.net = nn.Sequential()
            self.net.add_module("inside", nn.Sequential(nn.Conv2d(3, 6, 5, padding=2), nn.Tanh()))
            self.net.add_module("draw", nn.Conv2d(6, 3, 1, bias=False))
            nn.init.zeros_(self.net.inside[0].bias)
            nn.init.normal_(self.net.draw.weight, std=0.02)
            self.net.draw.weight.data[:, 2] = 1.0

    def forward(self, noise: Tensor) -> Tensor:
        x = noise
        for step in range(1, STEPS + 1):
            x = x + (self.net(x) - x) * step / STEPS
        return x
