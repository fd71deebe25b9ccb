"""The judge between islands: a distance to examples that none of them learned from, on latents of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from core_gans.data import Examples
from core_gans.data.examples import as_float
from core_gans.foundation.errors import LabError
from egan.distances import DistanceRule, Features, distance_rule, features_for, mean_kernel
from egan.islands.settings import Distance

SHARE = 10  # one example of so many is held out,
MOST = 1_000  # and no more than these
FEWEST = 2


@dataclass(frozen=True)
class HeldOut:
    """Examples (R, ...) that no island sees, and how far samples are from them."""

    examples: Examples
    features: Features
    rule: DistanceRule

    @property
    def count(self) -> int:
        """Of the samples that are judged: as many as there are examples."""
        return len(self.examples)

    @torch.no_grad()
    def of(self, samples: Tensor) -> Tensor:
        """The features (N, F) of ``samples`` (N, ...), float64."""
        return self.features.of(samples).double().cpu()

    def distance(self, features: Tensor) -> float:
        """How far samples of these ``features`` (N, F) are from the examples; infinity where some are not finite."""
        return self.rule.distance(features) if bool(features.isfinite().all()) else float("inf")

    @torch.no_grad()
    def kernels(self, each: Sequence[Tensor]) -> tuple[Tensor, Tensor, float]:
        """Mean kernels of samples with samples (I, I), with the examples (I,), and among these.

        Of them the squared kernel distance of a mixture with shares w is w'Kw - 2 w'k + c, without bias.
        """
        real = self.of(as_float(self.examples.images))
        among, between = mean_kernel(real)
        count = len(each)
        matrix = torch.zeros(count, count, dtype=torch.float64)
        for i in range(count):
            matrix[i, i] = among(each[i])
            for j in range(i):
                matrix[i, j] = matrix[j, i] = between(each[i], each[j])
        return matrix, torch.tensor([between(real, one) for one in each], dtype=torch.float64), among(real)


def split(examples: Examples, seed: int) -> tuple[Examples, Examples]:
    """What is learned from, and what is held out: a tenth by chance, at most 1,000. LabError where it is too few."""
    held = min(MOST, len(examples) // SHARE)
    if held < FEWEST:
        raise LabError(
            f"islands are judged by a tenth of the examples, which none of them sees, and {examples.name} has only "
            f"{len(examples)}: expected at least {FEWEST * SHARE}."
        )
    order = torch.randperm(len(examples), generator=torch.Generator().manual_seed(seed))
    return _part(examples, order[held:].sort().values), _part(examples, order[:held].sort().values)


def judge_by(distance: Distance, held_out: Examples) -> HeldOut:
    """The judge by ``distance`` to ``held_out``, in the features that the data are seen through."""
    features = features_for(held_out)
    return HeldOut(held_out, features, distance_rule(distance, held_out, features))


def _part(examples: Examples, chosen: Tensor) -> Examples:
    labels, captions = examples.labels, examples.captions
    return replace(
        examples,
        images=examples.images[chosen],
        labels=None if labels is None else labels[chosen],
        captions=None if captions is None else replace(captions, tokens=captions.tokens[chosen]),
    )
