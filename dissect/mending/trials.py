"""Trials of a mending: layers, strengths and numbers of units, each on latents that will not judge.

A trial ranks a layer's units on some latents and chooses how many of them to replace on others; the best trial is then
judged by ``mend`` on yet others. The command and the app both search by it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from torch import Tensor, nn

from dissect.mending.ablations import Ablation
from dissect.mending.artifacts import Ranking, rank_by_ablation, rank_by_frechet, rank_by_marks, unit_means
from dissect.mending.choosing import Choice, choose_count, numbers_tried, zeros
from dissect.mending.frechet import FrechetScorer
from dissect.sampling import Progress

By = Literal["frechet", "ablation", "marks"]
Towards = Literal["zero", "mean"]
Stage = Callable[[str, int], Progress]  # what begins, and of how many steps -> hears how many are done


@dataclass(frozen=True, eq=False)
class MendingTrial:
    """A ranking of a layer's units, what they are replaced by, and how many of them did best at one strength."""

    ranking: Ranking
    values: Tensor  # (U,)
    choice: Choice

    @property
    def ablation(self) -> Ablation:
        """The number of units that did best, ablated. The trial must have gained something."""
        return self.of(self.choice.best)

    def of(self, units: int) -> Ablation:
        """The first ``units`` of the ranking, ablated by the strength that was tried."""
        choice = self.choice
        return Ablation.towards(choice.layer, choice.order[:units], self.values, choice.strength)

    def with_choice(self, choice: Choice) -> MendingTrial:
        """The same ranking and values with another choice."""
        return replace(self, choice=choice)


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
    stage: Stage | None = None,
) -> list[MendingTrial]:
    """One trial for each of ``layers`` and ``strengths``, in their order.

    Args:
        finding: latents (N, ...) on which units are ranked.
        choosing: latents (M, ...) on which the number of units, the strength and the layer are chosen.
        by: what ranks units: the distance of the images that they light up in, what ablating each one does, or
            ``marks`` on the first of the images of ``finding``.
        marks: one truth value an image, (m,), or masks (m, H, W) in [0, 1], for the first ``m`` of ``finding``.
        towards: what units are replaced by: zeros, or their means.
        strengths: how much of that, each above 0 and at most 1; 1 ablates.
        counts: numbers of units to try, by default 1% to 16% of each layer. 0, nothing, is always tried.
        stage: called when a ranking or a choice begins.

    Raises:
        ValueError: no layers or strengths, ``marks`` missing, or what the ranking raises.
    """
    if not layers or not strengths:
        raise ValueError("expected at least one layer and one strength to try")
    begin = stage or (lambda what, total: lambda done: None)
    trials = []
    for layer in layers:
        if towards == "mean":
            values = unit_means(generator, layer, finding, scorer.batch_size)
        else:
            values = zeros(generator, layer, finding)
        known: Ranking | None = None
        for strength in strengths:
            if by == "ablation":
                heard = begin(f"Ablating each unit of {layer}", len(values))
                known = rank_by_ablation(
                    generator, layer, finding, scorer, values=values, strength=strength, progress=heard
                )
            elif known is None:
                known = _suspects(generator, layer, finding, scorer, by, marks, begin)
            order = known.order()
            extent = "to ablate" if strength == 1 else f"to weaken by {strength:.0%}"
            heard = begin(f"Choosing how many units of {layer} {extent}", len(numbers_tried(len(order), counts)))
            choice = choose_count(
                generator,
                layer,
                order,
                choosing,
                scorer,
                values=values,
                strength=strength,
                counts=counts,
                progress=heard,
            )
            trials.append(MendingTrial(known, values, choice))
    return trials


def best_of(trials: Sequence[MendingTrial]) -> MendingTrial:
    """The trial that gains most; of equals, the first."""
    return max(trials, key=lambda trial: trial.choice.gain)


def _suspects(
    generator: nn.Module,
    layer: str,
    finding: Tensor,
    scorer: FrechetScorer,
    by: By,
    marks: Tensor | None,
    begin: Stage,
) -> Ranking:
    if by == "frechet":
        heard = begin(f"Ranking the units of {layer}", len(finding))
        return rank_by_frechet(generator, layer, finding, scorer, progress=heard)
    if marks is None:
        raise ValueError("expected marks to rank the units by, got none: mark some images or places")
    return rank_by_marks(generator, layer, finding[: len(marks)], marks, scorer.batch_size)
