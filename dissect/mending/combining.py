"""Ablations of several layers at once: one layer after the other, the one that gains most first.

What helps alone need not help beside another layer's ablation, which may have mended the same fault: so each step is
tried with the earlier ones in place.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from dissect.mending.ablations import Ablation
from dissect.mending.choosing import Choice, choose_count, numbers_tried
from dissect.mending.frechet import FrechetScorer
from dissect.mending.trials import MendingTrial, Stage, best_of


def combine(
    generator: nn.Module,
    trials: Sequence[MendingTrial],
    choosing: Tensor,
    scorer: FrechetScorer,
    *,
    counts: Sequence[int] = (),
    stage: Stage | None = None,
) -> list[MendingTrial]:
    """The trials to make together, each of another layer, in the order in which they were chosen.

    Args:
        trials: of several layers, from :func:`try_layers`, each by itself.
        choosing: the latents (M, ...) of these trials; none of them may judge.
        counts: numbers of units to try, as there.
        stage: called when a choice begins.

    The first is the best trial; then the numbers of units of all other layers are tried anew beside what is chosen,
    as long as the distance falls. Empty where nothing helps. ValueError as :func:`choose_count`.
    """
    begin = stage or (lambda what, total: lambda done: None)
    chosen: list[MendingTrial] = []
    left = list(trials)
    while left and (best := best_of(left)).choice.gain > 0:
        chosen.append(best)
        beside = [trial.ablation for trial in chosen]
        left = [
            trial.with_choice(_again(generator, trial, choosing, scorer, beside, counts, begin))
            for trial in left
            if trial.choice.layer != best.choice.layer
        ]
    return chosen


def _again(
    generator: nn.Module,
    trial: MendingTrial,
    choosing: Tensor,
    scorer: FrechetScorer,
    beside: Sequence[Ablation],
    counts: Sequence[int],
    begin: Stage,
) -> Choice:
    before = trial.choice
    what = f"Choosing units of {before.layer} ({before.strength:.0%}) beside {', '.join(map(str, beside))}"
    return choose_count(
        generator,
        before.layer,
        before.order,
        choosing,
        scorer,
        values=trial.values,
        strength=before.strength,
        counts=counts,
        beside=beside,
        progress=begin(what, len(numbers_tried(len(before.order), counts))),
    )
