"""Precision, recall, density and coverage against planted answers and the authors' own package."""

from __future__ import annotations

import math
from dataclasses import asdict

import numpy as np
import prdc
import pytest
import torch
from torch import Tensor

from core_gans.data import Examples
from core_gans.metrics import Neighbours, compare_neighbours, evaluate
from core_gans.metrics import neighbours as module
from core_gans.metrics.neighbours import KeptFeatures


def draws(count: int, rng: torch.Generator, features: int = 8, shift: float = 0.0) -> Tensor:
    return torch.randn(count, features, generator=rng, dtype=torch.float64) + shift


@pytest.mark.parametrize(("n", "m", "nearest"), [(300, 300, 5), (250, 120, 3), (90, 260, 1)])
@pytest.mark.parametrize("shift", [0.0, 0.5, 2.0])
def test_agreement_with_the_authors_package(n: int, m: int, nearest: int, shift: float, rng: torch.Generator) -> None:
    real, generated = draws(n, rng), draws(m, rng, shift=shift) * 0.8
    expected = prdc.compute_prdc(real.numpy(), generated.numpy(), nearest)
    found = asdict(compare_neighbours(real, generated, nearest))
    assert found == pytest.approx({name: float(value) for name, value in expected.items()}, abs=1e-6)


def test_identical_sets_have_one_of_each(rng: torch.Generator) -> None:
    x = draws(400, rng)
    assert compare_neighbours(x, x) == Neighbours(precision=1.0, recall=1.0, density=1.0, coverage=1.0)


def test_far_sets_have_none(rng: torch.Generator) -> None:
    x = draws(200, rng)
    assert compare_neighbours(x, x + 100) == Neighbours(precision=0.0, recall=0.0, density=0.0, coverage=0.0)


def test_fresh_draws_of_one_distribution_are_dense_as_expected(rng: torch.Generator) -> None:
    found = compare_neighbours(draws(2_000, rng, features=2), draws(2_000, rng, features=2))
    # Naeem et al. 2020: E density = 1, and E coverage = 1 - (N - 1)...(N - k) / ((2N - 1)...(2N - k)), about 1 - 1/2^k.
    assert found.density == pytest.approx(1.0, abs=0.05)
    assert found.coverage == pytest.approx(1 - 0.5**5, abs=0.02)


def test_a_collapsed_generator_is_precise_and_recalls_nothing(rng: torch.Generator) -> None:
    real = draws(500, rng)
    repeated = compare_neighbours(real, real[:1].expand(500, -1))
    assert (repeated.precision, repeated.recall) == (1.0, 0.0)
    assert repeated.coverage < 0.2
    jittered = compare_neighbours(real, real[:1] + 1e-3 * draws(500, rng))
    assert jittered.precision == 1.0
    assert jittered.recall < 0.01


def test_half_of_the_classes_dropped_halves_coverage_and_recall(rng: torch.Generator) -> None:
    kind = torch.arange(1_000) % 10
    real = draws(1_000, rng, features=10) + 50 * torch.eye(10, dtype=torch.float64)[kind]
    kept = real[kind < 5]
    found = compare_neighbours(real, kept + 1e-6 * draws(len(kept), rng, features=10))
    assert found.precision == 1.0
    assert found.coverage == pytest.approx(0.5, abs=0.01)
    assert found.recall == pytest.approx(0.5, abs=0.05)


def test_the_size_of_the_blocks_changes_nothing(rng: torch.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    real, generated = draws(150, rng), draws(130, rng, shift=0.4)
    whole = compare_neighbours(real, generated)
    monkeypatch.setattr(module, "_AT_ONCE", 1_000)
    assert compare_neighbours(real, generated) == whole


def test_kept_features_stop_at_the_most(rng: torch.Generator) -> None:
    x = draws(50, rng)
    kept = KeptFeatures.of(x[:20], 33)
    for part in x[20:].split(10):
        kept = kept.merge(KeptFeatures.of(part, 33))
    assert kept.count == 33
    assert torch.equal(kept.features, x[:33])


def test_it_says_what_is_wrong(rng: torch.Generator) -> None:
    x = draws(20, rng)
    with pytest.raises(ValueError, match=r"at most 20,000 generated samples, got 20,001; ask for fewer"):
        compare_neighbours(x, torch.zeros(20_001, 8))
    with pytest.raises(ValueError, match="more than 5 real samples, got 5"):
        compare_neighbours(x[:5], x)
    with pytest.raises(ValueError, match="nearest >= 1"):
        compare_neighbours(x, x, nearest=0)
    with pytest.raises(ValueError, match="equally many features in both sets, got 8 and 3"):
        compare_neighbours(x, x[:, :3])
    with pytest.raises(ValueError, match="features must be finite"):
        compare_neighbours(x, torch.full((9, 8), math.inf))
    assert np.isfinite(list(asdict(compare_neighbours(x.float(), x.float())).values())).all()


@pytest.mark.parametrize(("count", "known"), [(5, 40), (40, 5)])
def test_too_few_for_neighbours_are_told_before_anything_is_drawn(count: int, known: int, rng: torch.Generator) -> None:
    def draw(_: int) -> Tensor:
        raise AssertionError("nothing is to be drawn")

    data = Examples("few", draws(known, rng).float(), torch.zeros(known, dtype=torch.int64))
    told = rf"need more than 5 samples and as many real examples, got {count} and {known}: give more, or leave them out"
    with pytest.raises(ValueError, match=told):
        evaluate(draw, data, metrics="precision", count=count)


def test_points_of_too_many_numbers_for_a_kernel_are_judged_by_the_other_metrics(rng: torch.Generator) -> None:
    data = Examples("wide", draws(40, rng, features=257).float(), torch.zeros(40, dtype=torch.int64))
    found = evaluate(data.images, data)
    assert found["frechet[points]"] == pytest.approx(0.0, abs=1e-6)
    assert "kernel[points]" not in found
