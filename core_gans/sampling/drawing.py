"""What is to be drawn: latents, and the classes that they ask for; and the samples of them, part by part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core_gans.foundation.errors import LabError
from core_gans.game import NoiseGame, generate
from core_gans.sampling.truncation import truncated

PART = 256  # samples held as floats at a time


@dataclass(frozen=True)
class Drawing:
    """Samples that are asked for, not drawn yet."""

    net: nn.Module
    latents: Tensor
    labels: Tensor | None
    """The class (N,) int64 that each asks for; None where none is."""
    classes: int
    """How many classes there are; 0 for none."""

    def __len__(self) -> int:
        return len(self.latents)

    def parts(self) -> Iterator[Tensor]:
        """The samples in their order, at most ``PART`` at a time: images (n, C, H, W) in [-1, 1], or points (n, D)."""
        for latents in self.latents.split(PART):
            yield generate(self.net, latents, PART)


def drawing(
    game: NoiseGame,
    net: nn.Module,
    count: int,
    rng: torch.Generator,
    *,
    label: Tensor | None = None,
    truncation: float | None = None,
) -> Drawing:
    """``count`` samples of ``net``, the generator of ``game``; ``label`` is what the game's ``latents`` take.

    ``truncation`` is the threshold of :func:`truncated`. Raises what those raise.
    """
    latents = game.latents(count, rng, label)
    if truncation is not None:
        latents = truncated(game, latents, truncation, rng)
    return Drawing(net, latents, game.asked(latents), game.askable_classes)


def labels_of(game: NoiseGame, classes: Sequence[int], count: int) -> Tensor:
    """``count`` labels (count,) int64: ``classes`` in their order, evenly shared.

    LabError for a game that cannot be asked for classes, for classes that it has not, and for more classes than labels.
    """
    known = game.askable_classes
    if not known:
        raise LabError(f"{game.name} cannot be asked for classes: leave --classes out, or give a run of cgan or acgan.")
    if unknown := [each for each in classes if not 0 <= each < known]:
        raise LabError(f"expected --classes from 0 to {known - 1}, got {', '.join(map(str, unknown))}.")
    if count < len(classes):
        raise LabError(f"expected a --count of at least {len(classes)}, one sample a class, got {count}.")
    return torch.tensor(classes)[torch.arange(count) * len(classes) // count]
