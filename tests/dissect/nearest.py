"""A network that scores planted colours, and images in them."""

from __future__ import annotations

from types import SimpleNamespace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.dissect.glass import COLOURS, LABELS


class Nearest(nn.Module):
    """Scores minus the squared distance to each planted colour, at a half of the size; answers as ``kind`` says."""

    def __init__(self, kind: str = "tensor", reduced: int = 2, mean: float = 0.0, std: float = 1.0) -> None:
        super().__init__()
        self.kind, self.reduced = kind, reduced
        self.colours = nn.Parameter((COLOURS - mean) / std)
        self.shapes: list[tuple[int, ...]] = []
        self.train()

    def forward(self, images: Tensor) -> object:
        assert not self.training
        self.shapes.append(tuple(images.shape))
        small = F.avg_pool2d(images, self.reduced)
        scores = -(small[:, None] - self.colours[None, :, :, None, None]).square().sum(2)
        answers = {"out": {"out": scores}, "logits": {"loss": None, "logits": scores}}
        return answers.get(self.kind, SimpleNamespace(logits=scores) if self.kind == "object" else scores)


def blocks(count: int = 5, cells: int = 4, side: int = 4, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Images of flat squares in the planted colours, and their classes (N, H, W)."""
    rng = torch.Generator().manual_seed(seed)
    classes = torch.randint(len(LABELS), (count, cells, cells), generator=rng)
    classes = classes.repeat_interleave(side, 1).repeat_interleave(side, 2)
    return COLOURS[classes].permute(0, 3, 1, 2).contiguous(), classes
