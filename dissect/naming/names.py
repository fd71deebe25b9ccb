"""Units of a layer named by words: each gets the words of the pictures that it fires for, as CLIP sees them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dissect.hooks import at_rest, record
from dissect.naming.soft_wpmi import TOP, soft_wpmi
from dissect.sampling import Latents, Progress, batches, features, generate

Look = Callable[[Tensor], Tensor]  # images (N, 3, H, W) in [-1, 1] -> vectors (N, D) of length 1
SURE = 0.95  # of the units in shuffled pictures have a smaller best score than a name that is no chance


@dataclass(frozen=True, eq=False)
class UnitNames:
    """Scores of ``W`` words for ``U`` units of ``layer``."""

    layer: str
    words: tuple[str, ...]
    scores: Tensor  # (U, W) float32
    alive: Tensor  # (U,) bool: whether a unit's mean differs between pictures; a dead one has no name
    chance: float  # a best score that 95% of the units stay below when their pictures are shuffled
    images: int

    def best(self, unit: int, count: int = 1) -> list[tuple[str, float]]:
        """The ``count`` words of a unit with their scores, the best first; none of a dead one."""
        if not self.alive[unit]:
            return []
        ranked = self.scores[unit].argsort(descending=True, stable=True)[:count].tolist()
        return [(self.words[place], float(self.scores[unit, place])) for place in ranked]

    def is_sure(self, unit: int) -> bool:
        """Whether its best word is above :attr:`chance`."""
        return bool(self.alive[unit]) and float(self.scores[unit].max()) > self.chance


def name_units(
    generator: nn.Module,
    layer: str,
    latents: Latents,
    look: Look,
    words: Sequence[str],
    vectors: Tensor,
    *,
    top: int = TOP,
    batch_size: int = 32,
    rng: torch.Generator,
    progress: Progress | None = None,
) -> UnitNames:
    """Name the units of ``layer`` by ``words``, with their ``vectors`` (W, D) of length 1.

    How much a unit fires in a picture is the mean of its map. ``latents`` are (N, ...), or batches of it; ``top``
    pictures belong to a unit; ``rng`` shuffles the pictures, on the CPU.

    ValueError for no such layer, one that is no map or not finite, no words, or fewer pictures than ``top``.
    """
    if len(words) < 2 or len(words) != len(vectors):
        raise ValueError(f"expected two words or more, and a vector for each, got {len(words)} and {len(vectors)}")
    fired: list[Tensor] = []
    seen: list[Tensor] = []
    with at_rest(generator), record(generator, [layer]) as recording:
        for batch in batches(latents, batch_size, progress):
            images = generate(generator, batch).float()
            fired.append(features(recording, layer).mean((2, 3)).cpu())
            seen.append(look(images.expand(-1, 3, -1, -1) if images.shape[1] == 1 else images).cpu())
    activations = torch.cat(fired)
    alike = torch.cat(seen) @ vectors.T.cpu()
    scores = soft_wpmi(alike, activations, top=top)
    shuffled = activations.gather(0, torch.rand(activations.shape, generator=rng).argsort(0))
    alive = activations.amax(0) > activations.amin(0)
    by_chance = soft_wpmi(alike, shuffled, top=top)[alive].amax(1)
    chance = float(by_chance.quantile(SURE)) if len(by_chance) else float("inf")
    return UnitNames(layer, tuple(words), scores, alive, chance, len(activations))
