"""Intervals: closed forms, and the ratio whose parts vary together."""

import numpy as np
import pytest
import torch

from dissect.cause.intervals import mean_change, ratio_change, spread


def rng():
    return torch.Generator().manual_seed(0)


def test_a_mean_lies_in_its_interval_and_the_interval_is_that_of_normal_theory():
    values = torch.randn(400, 1, generator=rng(), dtype=torch.float64)
    found = mean_change(values, rng())
    assert found.mean[0] == pytest.approx(float(values.mean()))
    half = 1.96 * float(values.std()) / 20
    assert found.low[0] == pytest.approx(found.mean[0] - half, abs=0.2 * half)
    assert found.high[0] == pytest.approx(found.mean[0] + half, abs=0.2 * half)


def test_a_ratio_takes_numerator_and_denominator_from_the_same_images():
    whole = torch.rand(50, 2, generator=rng(), dtype=torch.float64) ** 8  # a few images have nearly all of it
    found = ratio_change(-0.7 * whole, whole, rng())
    for bound in (found.mean, found.low, found.high):
        assert bound == pytest.approx(-0.7)
    apart = mean_change(-0.7 * whole, rng()).low / whole.mean(0).numpy()
    assert (apart < -0.8).all()  # what dividing the interval afterwards would say


def test_a_ratio_of_sums_is_not_a_mean_of_ratios():
    change, whole = torch.tensor([[1.0], [0.0]]).double(), torch.tensor([[1.0], [3.0]]).double()
    assert ratio_change(change, whole, rng()).mean[0] == 0.25


def test_what_was_not_there_has_no_ratio_and_a_rare_thing_has_one():
    whole = torch.zeros(20, 2, dtype=torch.float64)
    whole[0, 1] = 4  # only one image of twenty: many resamplings have none
    found = ratio_change(-whole, whole, rng())
    assert np.isnan([found.mean[0], found.low[0], found.high[0]]).all()
    assert [found.mean[1], found.low[1], found.high[1]] == [-1, -1, -1]


def test_what_comes_where_nothing_was_has_no_ratio():
    came, nothing = torch.ones(4, 1, dtype=torch.float64), torch.zeros(4, 1, dtype=torch.float64)
    assert np.isnan(ratio_change(came, nothing, rng()).mean[0])  # not an infinity
    few = torch.tensor([[1.0], [0.0]]).double()  # half of the resamplings of two have some, a quarter has none
    assert np.isfinite([ratio_change(torch.ones(2, 1).double(), few, rng()).high[0]]).all()


def test_a_spread_holds_the_middle_of_the_sets():
    means = torch.arange(101, dtype=torch.float64)[:, None] / 100
    found = spread(means)
    assert (found.mean[0], found.low[0], found.high[0]) == pytest.approx((0.5, 0.025, 0.975))
