"""What is kept of batches says the same as what would be kept of everything, however it was cut."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from core_gans.metrics import ClassTally, FeatureStatistics, KernelMoments, ModeTally
from core_gans.metrics.neighbours import KeptFeatures

COUNT, SIZE = 60, 4
CENTRES = 1.5 * torch.eye(SIZE)


def readings(summary: Any) -> list[float]:
    """All numbers in a summary."""
    if isinstance(summary, KeptFeatures):
        return summary.features.flatten().tolist()
    return [
        number
        for value in vars(summary).values()
        for number in (value.flatten().tolist() if isinstance(value, Tensor) else [value])
    ]


KINDS: dict[str, Callable[[Tensor], Any]] = {
    "frechet": FeatureStatistics.of,
    "kernel": KernelMoments.of,
    "classes": ClassTally.of,
    "modes": lambda x: ModeTally.of(x, CENTRES, sigma=0.5),
    "neighbours": KeptFeatures.of,
}
cuts = st.lists(st.integers(1, COUNT - 1), max_size=6, unique=True).map(sorted)


def merged(parts: list[Any]) -> Any:
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.merge(part)
    return whole


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=20, deadline=None)
@given(cuts=cuts, seed=st.integers(0, 2**31))
def test_parts_merge_into_the_whole(kind: str, cuts: list[int], seed: int) -> None:
    x = 3 * torch.randn(COUNT, SIZE, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    parts = [KINDS[kind](part) for part in torch.tensor_split(x, cuts)]
    expected = readings(KINDS[kind](x))
    assert readings(merged(parts)) == pytest.approx(expected, rel=1e-10, abs=1e-9)
    # Grouped from the right instead of from the left.
    right = parts[-1]
    for part in parts[-2::-1]:
        right = part.merge(right)
    assert readings(right) == pytest.approx(expected, rel=1e-10, abs=1e-9)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "neighbours"])
def test_the_order_of_the_parts_is_forgotten(kind: str, rng: torch.Generator) -> None:
    x = 3 * torch.randn(COUNT, SIZE, generator=rng, dtype=torch.float64)
    parts = [KINDS[kind](part) for part in x.split(13)]
    assert readings(merged(parts)) == pytest.approx(readings(merged(parts[::-1])), rel=1e-10, abs=1e-9)


def test_a_hundred_thousand_samples_far_from_the_origin_lose_no_digits(rng: torch.Generator) -> None:
    """Sums of squares less the square of sums would have lost them: the mean is 10^8 standard deviations."""
    statistics = merged(
        [FeatureStatistics.of(1e8 + torch.randn(1_000, 2, generator=rng, dtype=torch.float64)) for _ in range(100)]
    )
    torch.testing.assert_close(statistics.covariance, torch.eye(2, dtype=torch.float64), atol=0.02, rtol=0)
    assert statistics.count == 100_000


def test_classes_of_a_stream_have_the_score_of_their_mixture() -> None:
    """Each part is of one class, so its own score is 1; together they are evenly spread."""
    one_class_each = [ClassTally.of(50.0 * torch.eye(8)[[kind] * 5]) for kind in range(8)]
    assert [tally.inception_style for tally in one_class_each] == pytest.approx([1.0] * 8)
    together = merged(one_class_each)
    assert together.inception_style == pytest.approx(8.0, rel=1e-9)
    assert together.coverage().covered == 8
    half = merged(one_class_each[:4])
    assert math.log2(half.inception_style) == pytest.approx(2.0)
