"""Where a generator's latents come from: a prior of a given shape, or a function of the user's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

Latents = Callable[[int, torch.Generator], Tensor]  # (count, rng) -> (count, ...)


@runtime_checkable
class KnowsLatents(Protocol):
    """A generator that draws its own latents."""

    def latents(self, count: int, rng: torch.Generator) -> Tensor:
        """Latents (count, ...), drawn from ``rng`` alone."""
        ...


@dataclass(frozen=True)
class Prior:
    """Independent numbers, from the standard normal distribution or uniform in [-1, 1]."""

    shape: tuple[int, ...]
    """Of one latent: (100,) or (100, 1, 1)."""
    kind: Literal["normal", "uniform"] = "normal"

    def __post_init__(self) -> None:
        if not self.shape or min(self.shape) < 1:
            raise ValueError(f"the shape of a latent is one or more positive numbers, got {self.shape}")

    def __call__(self, count: int, rng: torch.Generator) -> Tensor:
        """Latents (count, *shape) on the device of ``rng``."""
        if self.kind == "normal":
            return torch.randn(count, *self.shape, generator=rng, device=rng.device)
        return torch.rand(count, *self.shape, generator=rng, device=rng.device) * 2 - 1


def latents_taken(generator: nn.Module) -> tuple[str, tuple[int, ...]] | None:
    """The name of the first layer with weights and the latent that it takes; None where the weights do not tell."""
    for name, module in generator.named_modules():
        if isinstance(module, nn.Linear):
            return name, (module.in_features,)
        if isinstance(module, nn.ConvTranspose2d):
            return name, (module.in_channels, 1, 1)
        if any(True for _ in module.parameters(recurse=False)):
            return None
    return None
