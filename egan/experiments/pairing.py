"""Do two contenders differ, seed by seed? Paired tests that are exact for few seeds.

Every contender plays from the same seeds, so differences of one seed are what counts: the spread between seeds, which
is large for GANs, cancels where it is common to both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

EXACT = 14  # seeds up to which all 2^n signs are tried
DRAWS = 20_000  # of signs beyond, and of bootstrap samples
CONFIDENCE = 0.95
LEAST_SEEDS = 5  # for an interval: resamples of fewer numbers say little about their spread


@dataclass(frozen=True)
class Paired:
    """What is known of the differences of ``count`` seeds; p-values are two-sided."""

    count: int
    difference: float
    """Their mean."""
    low: float | None
    high: float | None
    """A 95% bootstrap interval of the mean; None under ``LEAST_SEEDS`` seeds."""
    wilcoxon: float
    """p of the signed-rank test: ranks of the differences, blind to how large a single one is."""
    permutation: float
    """p of the sign test on the mean: how often random signs move the mean at least as far from 0."""


def paired(ones: Sequence[float], others: Sequence[float], rng: torch.Generator) -> Paired:
    """Compare ``ones`` with ``others``, number by number; ValueError for none, unequal lengths, or NaN and infinity."""
    if len(ones) != len(others) or not len(ones):
        raise ValueError(f"expected pairs of numbers, got {len(ones)} and {len(others)}.")
    differences = np.asarray(ones, dtype=float) - np.asarray(others, dtype=float)
    if not np.isfinite(differences).all():
        raise ValueError(f"expected finite numbers, got {list(ones)} and {list(others)}.")
    told = len(differences) >= LEAST_SEEDS
    low, high = bootstrap_interval(differences, rng) if told else (None, None)
    return Paired(
        len(differences),
        float(differences.mean()),
        low,
        high,
        wilcoxon(differences),
        sign_permutation(differences, rng),
    )


def wilcoxon(differences: np.ndarray) -> float:
    """Two-sided p of Wilcoxon's signed-rank test (1945), from the exact distribution of its statistic.

    Differences of 0 are left out, equal ones share their mean rank. 1 where nothing differs.
    """
    kept = differences[differences != 0]
    if not len(kept):
        return 1.0
    size = np.abs(kept)
    ranks = np.array([2 * (size < each).sum() + (size == each).sum() + 1 for each in size])  # doubled: whole numbers
    ways = np.zeros(int(ranks.sum()) + 1)  # ways[s]: the share of all signs for which the positive ranks sum to s
    ways[0] = 1.0
    for rank in ranks:
        moved = np.zeros_like(ways)
        moved[rank:] = ways[:-rank]
        ways = (ways + moved) / 2
    positive = int(ranks[kept > 0].sum())
    return float(min(1.0, 2 * min(ways[: positive + 1].sum(), ways[positive:].sum())))


def sign_permutation(differences: np.ndarray, rng: torch.Generator) -> float:
    """Two-sided p of the mean under random signs: all 2^n of them for few differences, else ``DRAWS`` of ``rng``."""
    count = len(differences)
    if count <= EXACT:
        signs = 1 - 2 * (np.arange(2**count)[:, None] >> np.arange(count) & 1)
    else:
        drawn = torch.randint(2, (DRAWS - 1, count), generator=rng).numpy()
        signs = np.concatenate([np.ones((1, count)), 1 - 2.0 * drawn])  # what was seen is one of the possible draws
    means = np.abs((signs * differences).mean(axis=1))
    seen = abs(differences.mean())
    return float((means >= seen - 1e-12 * max(1.0, seen)).mean())


def bootstrap_interval(differences: np.ndarray, rng: torch.Generator) -> tuple[float, float]:
    """The percentile interval of the mean over ``DRAWS`` resamples; a little narrow for fewer than ten differences."""
    count = len(differences)
    chosen = torch.randint(count, (DRAWS, count), generator=rng).numpy()
    low, high = np.quantile(differences[chosen].mean(axis=1), [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def holm(numbers: Sequence[float]) -> list[float]:
    """p-values of several tests, raised so that the chance of any false finding stays what it says. Holm 1979."""
    order = sorted(range(len(numbers)), key=lambda index: numbers[index])
    raised, least = [0.0] * len(numbers), 0.0
    for place, index in enumerate(order):
        least = max(least, min(1.0, numbers[index] * (len(numbers) - place)))
        raised[index] = least
    return raised
