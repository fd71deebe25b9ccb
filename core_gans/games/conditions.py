"""Examples that carry their class with them, for games whose discriminator must know which class was asked for.

A class is a one-hot row (N, K). An example with its class is the image followed by K planes, one of them of ones, or
the point followed by the K numbers. Mirza and Osindero 2014 give the class to both players; planes are how
convolutions take it.

A generator of such a game hands the class on in training, for the discriminator to see, and draws the example alone in
evaluation: who samples, dissects or averages it need not know that it was conditional.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core_gans.foundation.errors import LabError


def one_hot(label: Tensor, classes: int) -> Tensor:
    """Classes (N,) int64 to rows (N, K), float32; a LabError names a class that is not there."""
    if len(label) and not 0 <= int(label.min()) <= int(label.max()) < classes:
        found = sorted({int(each) for each in label if not 0 <= int(each) < classes})
        raise LabError(f"expected classes from 0 to {classes - 1}, got {', '.join(map(str, found))}.")
    return F.one_hot(label.long(), classes).float()


def with_class(examples: Tensor, rows: Tensor) -> Tensor:
    """Examples (N, C, ...) or (N, D) with their classes, rows (N, K): (N, C + K, ...) or (N, D + K)."""
    rows = rows.to(examples.dtype)
    if examples.dim() == 2:
        return torch.cat((examples, rows), dim=1)
    planes = rows[(..., *[None] * (examples.dim() - 2))].expand(-1, -1, *examples.shape[2:])
    return torch.cat((examples, planes), dim=1)


def with_drawn_class(noise: Tensor, classes: int, label: Tensor | None, rng: torch.Generator) -> Tensor:
    """Latents (N, L + K): ``noise`` (N, L) and behind it a class one-hot, drawn evenly without a ``label`` (N,).

    LabError for another number of labels, and for classes that are not there.
    """
    if label is None:
        label = torch.randint(classes, (len(noise),), generator=rng, device=rng.device)
    elif label.shape != (len(noise),):
        raise LabError(f"expected {len(noise)} classes, one for each latent, got {tuple(label.shape)}.")
    return torch.cat((noise, one_hot(label.to(noise.device), classes)), dim=1)


class HandsOn(nn.Module):
    """A generator that hands on, in training, what it was asked for."""


class ConditionalGenerator(HandsOn):
    """Latents (N, L + K), whose last K numbers are the class, to examples; in training with their class."""

    def __init__(self, net: nn.Module, classes: int) -> None:
        super().__init__()
        self.net, self.classes = net, classes

    def forward(self, latents: Tensor) -> Tensor:
        examples: Tensor = self.net(latents)
        return with_class(examples, latents[:, -self.classes :]) if self.training else examples


def handing_on(network: nn.Module) -> nn.Module:
    """``network``, its conditional generators handing the condition on although they are in evaluation mode."""
    for module in network.modules():
        if isinstance(module, HandsOn):
            module.training = True
    return network


class ConditionalDiscriminator(nn.Module):
    """Examples with their class to scores (N,). The class is no direction to move in: penalties do not see it."""

    def __init__(self, net: nn.Module, classes: int) -> None:
        super().__init__()
        self.net, self.classes = net, classes

    def forward(self, examples: Tensor) -> Tensor:
        shown, rows = examples[:, : -self.classes], examples[:, -self.classes :]
        score: Tensor = self.net(torch.cat((shown, rows.detach()), dim=1))
        return score
