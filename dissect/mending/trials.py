"""Trials of a mending: layers, strengths and numbers of units, each on latents that will not judge.

A trial ranks a layer's units on some latents and chooses how many of them to replace on others; the best trial is then
judged by ``mend`` on yet others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from dissect.mending import Choice, choose_count
from dissect.mending.artifacts import Ranking, rank_by_ablation, rank_by_frechet, rank_by_marks, unit_means
from dissect.mending.frechet import FrechetScorer

By = Literal["ablation", "frechet", "marks"]
Towards = Literal["zero", "mean"]
Told = Callable[[str], None]  # called with what is being done


@dataclass(frozen=True, eq=False)
class MendingTrial:
    """A ranking of a layer's units, what they are replaced by, how much, and how many of them did best."""

    ranking: Ranking
    values: Tensor  # (U,)
    strength: float
    choice: Choice

    @property
    def units(self) -> list[int]:
        """The worst units, as many as did best; none where nothing helped."""
        return self.ranking.order()[: self.choice.best]

    @property
    def distance(self) -> float:
        """From real images, with these units replaced, on the latents that chose."""
        return min(self.choice.distances)


def try_layers(
    generator: nn.Module,
    layers: Sequence[str],
    finding: Tensor,
    choosing: Tensor,
    scorer: FrechetScorer,
    *,
    by: By = "frechet",
    marks: Tensor | None = None,
    towards: Towards = "zero",
    strengths: Sequence[float] = (1.0,),
    counts: Sequence[int] = (),
    told: Told | None = None,
) -> list[MendingTrial]:
    """One trial for each of ``layers`` and ``strengths``, the best first.

    Args:
        finding: latents (N, ...) on which units are ranked.
        choosing: latents (M, ...) on which the number of units, the strength and the layer are chosen.
        by: what ranks units: the distance of the images that they light up in, what ablating each one does, or
            ``marks`` on the first of the images of ``finding``.
        towards: what units are replaced by: zeros, or their means.
        counts: numbers of units to try, by default 1% to 16% of each layer. 0, nothing, is always tried.

    Raises:
        ValueError: no layers or strengths, ``marks`` missing, or what the ranking raises.
    """
    if not layers or not strengths:
        raise ValueError("expected at least one layer and one strength to try")
    trials = []
    for layer in layers:
        means = unit_means(generator, layer, finding)
        values = means if towards == "mean" else torch.zeros_like(means)
        known: Ranking | None = None
        for strength in strengths:
            if told is not None:
                told(f"{layer}: ranking its {len(values)} units")
            if by == "ablation":
                known = rank_by_ablation(generator, layer, finding, scorer, values=values, strength=strength)
            elif known is None:
                known = _suspects(generator, layer, finding, scorer, by, marks)
            if told is not None:
                told(f"{layer}: choosing how many units")
            choice = choose_count(
                generator, layer, known.order(), choosing, scorer, values=values, strength=strength, counts=counts
            )
            trials.append(MendingTrial(known, values, strength, choice))
    return sorted(trials, key=lambda trial: trial.distance)


def _suspects(
    generator: nn.Module, layer: str, finding: Tensor, scorer: FrechetScorer, by: By, marks: Tensor | None
) -> Ranking:
    if by == "frechet":
        return rank_by_frechet(generator, layer, finding, scorer)
    if marks is None:
        raise ValueError("expected marks to rank the units by, got none: mark some images or places")
    return rank_by_marks(generator, layer, finding[: len(marks)], marks)
