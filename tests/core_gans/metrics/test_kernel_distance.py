"""The kernel distance and its standard error against all pairs in float64, a closed form, and torchmetrics."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn
from torchmetrics.image.kid import KernelInceptionDistance

from core_gans.metrics import KernelMoments, kernel_distance, kernel_estimate
from core_gans.metrics.kernel_error import of_groups


def draws(count: int, features: int, rng: torch.Generator, shift: float = 0.0) -> Tensor:
    return torch.randn(count, features, generator=rng, dtype=torch.float64) + shift


def of_all_pairs(x: Tensor, y: Tensor) -> float:
    """Gretton et al. 2012, lemma 6, pair by pair."""

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        return (a @ b.T / x.shape[1] + 1) ** 3

    def within(a: Tensor) -> Tensor:
        pairs = kernel(a, a)
        return (pairs.sum() - pairs.trace()) / (len(a) * (len(a) - 1))

    return (within(x) + within(y) - 2 * kernel(x, y).mean()).item()


@pytest.mark.parametrize(("features", "n", "m"), [(1, 2, 2), (3, 50, 50), (16, 80, 31), (64, 200, 300)])
def test_moments_say_what_all_pairs_say(features: int, n: int, m: int, rng: torch.Generator) -> None:
    x, y = draws(n, features, rng), draws(m, features, rng, shift=0.5) * 1.5
    assert kernel_distance(x, y) == pytest.approx(of_all_pairs(x, y), rel=1e-9, abs=1e-9)


def test_parts_merge_into_the_whole_and_into_the_same_memory(rng: torch.Generator) -> None:
    x, y = draws(501, 8, rng), draws(400, 8, rng, shift=1.0)
    first, *others = (KernelMoments.of(part) for part in x.split([1, 100, 400]))
    merged = first
    for other in others:
        merged = merged.merge(other)
    assert merged.count == 501
    assert merged.distance(KernelMoments.of(y)) == pytest.approx(of_all_pairs(x, y), rel=1e-10)
    for one, other in ((first.second, merged.second), (first.third, merged.third)):
        assert one.shape == other.shape


def test_it_is_unbiased(rng: torch.Generator) -> None:
    # On a line, E k(x, y) for x ~ N(a, 1), y ~ N(b, 1), independent: E (xy + 1)^3 = m3 + 3 m2 + 3 m1 + 1 with
    # m1 = ab, m2 = (1 + a^2)(1 + b^2), m3 = (a^3 + 3a)(b^3 + 3b).
    def expected(a: float, b: float) -> float:
        return (a**3 + 3 * a) * (b**3 + 3 * b) + 3 * (1 + a * a) * (1 + b * b) + 3 * a * b + 1

    truth = expected(0.0, 0.0) + expected(0.5, 0.5) - 2 * expected(0.0, 0.5)
    found = torch.tensor([kernel_distance(draws(5, 1, rng), draws(7, 1, rng, shift=0.5)) for _ in range(4_000)])
    error = found.std().item() / math.sqrt(len(found))
    assert found.mean().item() == pytest.approx(truth, abs=4 * error)
    assert error < truth / 4  # else the line above says nothing
    alike = torch.tensor([kernel_distance(draws(6, 2, rng), draws(6, 2, rng)) for _ in range(2_000)])
    assert alike.mean().item() == pytest.approx(0.0, abs=4 * alike.std().item() / math.sqrt(len(alike)))
    assert (alike < 0).double().mean().item() > 0.2


def test_identical_sets_lie_at_zero_less_the_pairs_of_a_sample_with_itself(rng: torch.Generator) -> None:
    x = draws(3_000, 16, rng)
    own = ((x.square().sum(dim=1) / 16 + 1) ** 3).mean().item()
    found = kernel_distance(x, x)
    assert -2 * own / 3_000 < found < 0  # of order 1/N: about 0


def test_distance_is_symmetric_and_grows_with_the_shift(rng: torch.Generator) -> None:
    x = draws(300, 4, rng)
    near, far = (draws(300, 4, torch.Generator().manual_seed(1), shift=shift) for shift in (0.3, 1.0))
    assert kernel_distance(x, far) == pytest.approx(kernel_distance(far, x), rel=1e-12)
    assert 0 < kernel_distance(x, near) < kernel_distance(x, far)


class _Given(nn.Module):
    """Takes 'images' (N, 3, 1, F) whose first channel is their features."""

    def forward(self, images: Tensor) -> Tensor:
        return images[:, 0, 0].double()


@pytest.mark.filterwarnings("ignore:Metric `Kernel Inception Distance` will save all extracted features:UserWarning")
@pytest.mark.parametrize(("subsets", "subset_size"), [(1, 120), (400, 60)])
def test_agreement_with_torchmetrics(subsets: int, subset_size: int, rng: torch.Generator) -> None:
    """One subset of everything gives the same number; many small ones average to it."""
    x, y = draws(120, 12, rng), draws(120, 12, rng, shift=0.6)
    oracle = KernelInceptionDistance(feature=_Given(), subsets=subsets, subset_size=subset_size)
    with torch.random.fork_rng(devices=[]):  # torchmetrics shuffles with global draws
        torch.manual_seed(0)
        for features, real in ((x, True), (y, False)):
            oracle.update(features[:, None, None, :].expand(-1, 3, -1, -1), real=real)
        mean, spread = (value.item() for value in oracle.compute())
    within = 1e-9 if subsets == 1 else 4 * spread / math.sqrt(subsets)
    assert kernel_distance(x, y) == pytest.approx(mean, abs=within)
    assert within < 0.2 * mean


def test_standard_error_is_the_jackknife_over_all_pairs(rng: torch.Generator) -> None:
    x, y = draws(60, 6, rng), draws(48, 6, rng, shift=0.4)
    without = torch.tensor(
        [
            of_all_pairs(torch.cat((x[: 15 * g], x[15 * g + 15 :])), torch.cat((y[: 12 * g], y[12 * g + 12 :])))
            for g in range(4)
        ],
        dtype=torch.float64,
    )
    found = kernel_estimate(x, y, groups=4)
    assert found.value == pytest.approx(of_all_pairs(x, y), rel=1e-10)
    assert found.standard_error == pytest.approx(math.sqrt(3) * without.std(correction=0).item())


@pytest.mark.parametrize(("shift", "most"), [(0.0, 1.7), (0.4, 1.3)])
def test_standard_error_is_the_spread_over_fresh_draws(shift: float, most: float, rng: torch.Generator) -> None:
    """Near 0, where the estimate's linear part is gone, the jackknife is too large by up to sqrt 2."""
    found = [kernel_estimate(draws(300, 8, rng), draws(300, 8, rng, shift)) for _ in range(100)]
    spread = torch.tensor([each.value for each in found]).std().item()
    error = torch.tensor([each.standard_error for each in found]).square().mean().sqrt().item()
    assert 0.75 < error / spread < most


def test_one_distribution_lies_at_zero_and_shifts_stand_out_in_order(rng: torch.Generator) -> None:
    real = draws(1_500, 16, rng)
    alike, *shifted = (kernel_estimate(real, draws(1_500, 16, rng, shift)) for shift in (0.0, 0.1, 0.2, 0.4, 0.8))
    assert abs(alike.value) < 3 * alike.standard_error
    assert all(each.value > 3 * each.standard_error for each in shifted)
    values = [alike.value, *(each.value for each in shifted)]
    assert values == sorted(values)


def test_groups_may_be_streamed(rng: torch.Generator) -> None:
    """Batches dealt to the groups in turn, and forgotten."""
    x, y = draws(240, 5, rng), draws(240, 5, rng, shift=0.3)

    def dealt(features: Tensor) -> list[KernelMoments]:
        groups: list[KernelMoments] = []
        for turn, batch in enumerate(features.split(20)):
            moments = KernelMoments.of(batch)
            if turn < 4:
                groups.append(moments)
            else:
                groups[turn % 4] = groups[turn % 4].merge(moments)
        return groups

    in_turn = torch.arange(240).view(3, 4, 20).transpose(0, 1).flatten()  # group by group
    streamed, at_once = of_groups(dealt(x), dealt(y)), kernel_estimate(x[in_turn], y[in_turn], groups=4)
    assert streamed.value == pytest.approx(at_once.value, rel=1e-10)
    assert streamed.standard_error == pytest.approx(at_once.standard_error, rel=1e-8)


def test_it_says_what_is_wrong() -> None:
    few = torch.zeros(4, 2)
    with pytest.raises(ValueError, match="got 5 groups of 4 generated samples"):
        kernel_estimate(torch.zeros(9, 2), few, groups=5)
    with pytest.raises(ValueError, match="at least 2 groups"):
        kernel_estimate(few, few, groups=1)
    with pytest.raises(ValueError, match="got 2 and 3"):
        of_groups([KernelMoments.of(few)] * 2, [KernelMoments.of(few)] * 3)
    two, three = KernelMoments.of(torch.zeros(2, 2)), KernelMoments.of(torch.zeros(2, 3))
    with pytest.raises(ValueError, match="same extractor"):
        two.distance(three)
    with pytest.raises(ValueError, match="same extractor"):
        two.merge(three)
    with pytest.raises(ValueError, match="at least two samples of each set, got 2 and 1"):
        two.distance(KernelMoments.of(torch.zeros(1, 2)))
    with pytest.raises(ValueError, match=r"at most 256 features, got 257; leave it out"):
        KernelMoments.of(torch.zeros(2, 257))
    with pytest.raises(ValueError, match="features must be finite"):
        KernelMoments.of(torch.full((2, 2), math.nan))
    with pytest.raises(ValueError, match=r"\(N, F\)"):
        KernelMoments.of(torch.zeros(2, 3, 4))
