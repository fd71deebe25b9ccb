"""How many of the worst units to ablate, and how much: tried on latents that judge nothing afterwards.

A number that was picked because it scores well on some images scores well on those.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from dissect.mending.ablations import Ablation, edits_of
from dissect.mending.artifacts import edited_features, unit_means
from dissect.mending.frechet import FrechetScorer
from dissect.sampling import Progress

SHARES = (0.01, 0.02, 0.04, 0.08, 0.16)  # of a layer: the numbers of units that are tried


@dataclass(frozen=True)
class Choice:
    """The distance with the first units of an order ablated, by their number, on the latents that choose."""

    layer: str
    strength: float
    order: tuple[int, ...]  # worst first
    counts: tuple[int, ...]  # how many of them, from 0, the untouched generator
    distances: tuple[float, ...]
    beside: tuple[Ablation, ...] = ()  # of other layers, that were in place

    @property
    def best(self) -> int:
        """The number of units with the smallest distance; 0 where nothing that was tried helps."""
        return self.counts[int(np.argmin(self.distances))]

    @property
    def units(self) -> tuple[int, ...]:
        """The best number of units."""
        return self.order[: self.best]

    @property
    def gain(self) -> float:
        """By how much the best number of units brings the distance down; 0 or more."""
        return self.distances[0] - min(self.distances)


def choose_count(
    generator: nn.Module,
    layer: str,
    order: Sequence[int],
    latents: Tensor,
    scorer: FrechetScorer,
    *,
    values: Tensor | None = None,
    strength: float = 1.0,
    counts: Sequence[int] = (),
    beside: Sequence[Ablation] = (),
    progress: Progress | None = None,
) -> Choice:
    """Try the first ``counts`` units of ``order`` (by default 1% to 16% of them), each number over all ``latents``.

    ``values`` (U,) are what units are replaced by, zeros by default, by ``strength``. ``progress`` hears of the
    numbers tried; ``beside`` are ablations of other layers that stay in place. ValueError for counts that do not fit,
    and as ``sampling``.
    """
    values = zeros(generator, layer, latents) if values is None else values
    tried = numbers_tried(len(order), counts)
    if tried[0] < 0 or tried[-1] > len(order):
        raise ValueError(f"expected numbers of units from 0 to {len(order)}, got {tuple(counts)}")
    distances = []
    for done, count in enumerate(tried):
        chosen = [Ablation.towards(layer, order[:count], values, strength)] if count else []
        seen = edited_features(generator, edits_of([*beside, *chosen]), latents, scorer)
        distances.append(scorer.distance(seen))
        if progress is not None:
            progress(done + 1)
    return Choice(layer, strength, tuple(order), tried, tuple(distances), tuple(beside))


def numbers_tried(units: int, counts: Sequence[int] = ()) -> tuple[int, ...]:
    """0 and ``counts``, or by default 1% to 16% of ``units``, at least one where there are any; ascending."""
    return tuple(sorted({0, *(counts or (min(units, max(1, round(share * units))) for share in SHARES))}))


def zeros(generator: nn.Module, layer: str, latents: Tensor) -> Tensor:
    """A zero (U,) for each unit of ``layer``: what units are replaced by unless something else is said.

    ValueError as ``sampling``.
    """
    return torch.zeros_like(unit_means(generator, layer, latents[:1]))
