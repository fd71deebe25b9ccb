"""The control of an effect: the same walk along random directions of the same length.

Any walk away from the latents changes the pictures. Only what goes beyond the random walks belongs to a direction.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from dissect.directions.moving import Direction, LatentDirection, continuous
from dissect.directions.walking import STRENGTHS, Shares, Walk, ascending, walk
from dissect.sampling import Latents, Progress, batches
from dissect.segmenters.protocol import Segmenter

RANDOM_TRIALS = 19  # the chance that one more random direction goes beyond as many is 5% for a class


@dataclass(frozen=True, eq=False)
class Control:
    """What was met along ``T`` random directions at ``S`` strengths, of ``K`` classes; means over the images."""

    place: str
    length: float  # of a step
    strengths: tuple[float, ...]
    shares: Shares  # (T, S, K)
    difference: Shares  # (T, S) mean absolute change of the pixels, from 0 to 1
    brightness: Shares  # (T, S) mean of the pixels, from 0 to 1

    @property
    def change(self) -> Shares:
        """(T, K) the shares at the last strength minus those at the first."""
        return self.shares[:, -1] - self.shares[:, 0]

    def largest(self) -> Shares:
        """(K,) the size of the largest change by any of the random directions.

        One more random direction changes the class by more with a chance of 1 / (T + 1), whatever the distribution.
        """
        return np.abs(self.change).max(0)

    def fits(self, direction: Direction) -> bool:
        """Whether ``direction`` goes in the same place by steps of the same length."""
        length = float(direction.vector.norm())
        return self.place == direction.place and bool(np.isclose(self.length, length, rtol=1e-4))


def random_control(
    generator: nn.Module,
    like: Direction,
    latents: Latents,
    segmenter: Segmenter,
    *,
    strengths: Sequence[float] = STRENGTHS,
    trials: int = RANDOM_TRIALS,
    batch_size: int = 64,
    rng: torch.Generator,
    progress: Progress | None = None,
) -> Control:
    """Walk along ``trials`` random directions of the place and length of ``like`` from ``latents`` (N, ...).

    Numbers of a class that the latents carry stay as they are, unless ``like`` moves them. ``progress`` is called with
    the number of images made so far; ``rng`` is on the CPU.

    Raises:
        ValueError: fewer than two trials, or strengths that do not ascend.
    """
    if trials < 2:
        raise ValueError(f"expected at least 2 random directions for the control, got {trials}")
    strengths = ascending(strengths)
    seen = list(batches(latents, batch_size))
    each = len(strengths) * sum(map(len, seen))
    walks: list[Walk] = []
    for trial in range(trials):

        def onward(images: int, before: int = trial * each) -> None:
            if progress is not None:
                progress(before + images)

        walks.append(walk(generator, _random(like, seen, rng), seen, segmenter, strengths, onward))
    return Control(
        like.place,
        float(like.vector.norm()),
        strengths,
        np.stack([each.shares.mean(1) for each in walks]),
        np.stack([each.difference for each in walks]),
        np.stack([each.brightness for each in walks]),
    )


def _random(like: Direction, latents: Sequence[Tensor], rng: torch.Generator) -> Direction:
    """A random one among the directions that ``like`` is one of: those that leave the class."""
    found = like.random(rng)
    every = torch.cat(list(latents))
    if not isinstance(found, LatentDirection) or len(every) < 2:
        return found
    moving = continuous(every).to(found.vector.device) | (like.vector != 0)
    if bool(moving.all()):
        return found
    free = found.vector * moving
    return replace(found, vector=free / free.norm() * found.vector.norm())
