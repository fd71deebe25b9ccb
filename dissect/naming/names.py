"""Units of a layer named by words: each gets the words of the pictures that it fires for, as CLIP sees them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dissect.hooks import at_rest, record
from dissect.naming.soft_wpmi import TOP, soft_wpmi, word_likelihood
from dissect.sampling import Latents, Progress, batches, features, generate

Look = Callable[[Tensor], Tensor]  # images (N, 3, H, W) in [-1, 1] -> vectors (N, D) of length 1
SETS, SURE = 200, 0.95  # sets of random pictures, and the share of them that a name that is no chance is above


@dataclass(frozen=True, eq=False)
class UnitNames:
    """Scores of ``W`` words for ``U`` units of ``layer``."""

    layer: str
    words: tuple[str, ...]
    scores: Tensor  # (U, W) float32
    alive: Tensor  # (U,) bool: whether a unit's mean differs between pictures; a dead one has no name
    surprise: Tensor  # (U,) how likely the best word is, in deviations from what it is for random sets of pictures
    chance: float  # 95% of random sets have no word that surprises more
    images: int

    def best(self, unit: int, count: int = 1) -> list[tuple[str, float]]:
        """The ``count`` words of a unit with their scores, the best first; none of a dead one."""
        if not self.alive[unit]:
            return []
        ranked = self.scores[unit].argsort(descending=True, stable=True)[:count].tolist()
        return [(self.words[place], float(self.scores[unit, place])) for place in ranked]

    def is_sure(self, unit: int) -> bool:
        """Whether its best word surprises more than by :attr:`chance`."""
        return bool(self.alive[unit]) and float(self.surprise[unit]) > self.chance


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
    pictures belong to a unit; ``rng`` draws random sets of pictures, on the CPU.

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
    random = word_likelihood(alike, torch.rand(len(alike), SETS, generator=rng), top=top)  # (SETS, W)
    usual, spread = random.mean(0), random.std(0).clamp_min(1e-6)
    best = scores.argmax(1, keepdim=True)
    surprise = ((word_likelihood(alike, activations, top=top) - usual) / spread).gather(1, best)[:, 0]
    chance = float(((random - usual) / spread).amax(1).quantile(SURE))
    alive = activations.amax(0) > activations.amin(0)
    return UnitNames(layer, tuple(words), scores, alive, surprise, chance, len(activations))
