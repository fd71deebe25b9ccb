"""Clips with what was done in each frame: how a car was steered."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from core_gans.data.examples import Examples


@dataclass(frozen=True, repr=False)
class Driven(Examples):
    """Clips (N, C, T, H, W) with ``actions`` (N, T, A), floats: what was done in a frame leads to the next one.

    In a batch they are ``other``.
    """

    actions: Tensor = field(default_factory=lambda: torch.zeros(0))

    def __post_init__(self) -> None:
        clips, given = tuple(self.images.shape), tuple(self.actions.shape)
        if len(clips) != 5 or len(given) != 3 or (clips[0], clips[2]) != given[:2]:
            raise ValueError(f"expected clips (N, C, T, H, W) with actions (N, T, A), got {clips} and {given}.")

    def part(self, chosen: Tensor) -> Driven:
        labels = None if self.labels is None else self.labels[chosen]
        return replace(self, images=self.images[chosen], labels=labels, actions=self.actions[chosen])
