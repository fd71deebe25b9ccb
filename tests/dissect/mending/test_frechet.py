"""The Frechet distance has closed forms; its bootstrap is paired."""

import numpy as np
import pytest
import scipy.linalg
import torch

from dissect.mending.frechet import FrechetScorer, Gaussian, Interval, around

RNG = torch.Generator().manual_seed(0)
A = torch.randn(200, 6, generator=RNG) @ torch.randn(6, 6, generator=RNG) + 1
B = torch.randn(150, 6, generator=RNG) @ torch.randn(6, 6, generator=RNG) - 1


def test_gaussians_whose_covariances_commute_have_a_closed_form():
    one = Gaussian(torch.tensor([1.0, 2.0]).double(), torch.diag(torch.tensor([4.0, 9.0])).double())
    two = Gaussian(torch.tensor([0.0, 4.0]).double(), torch.diag(torch.tensor([1.0, 25.0])).double())
    assert one.distance(two) == pytest.approx(1 + 4 + (2 - 1) ** 2 + (3 - 5) ** 2)


def test_any_gaussians_agree_with_scipys_square_root():
    one, two = Gaussian.of(A), Gaussian.of(B)
    root = scipy.linalg.sqrtm(one.covariance.numpy() @ two.covariance.numpy()).real
    expected = (one.mean - two.mean).square().sum() + (one.covariance + two.covariance).trace() - 2 * np.trace(root)
    assert one.distance(two) == pytest.approx(float(expected))
    assert two.distance(one) == pytest.approx(one.distance(two))


def test_equal_gaussians_are_at_0_and_a_singular_one_is_no_obstacle():
    assert Gaussian.of(A).distance(Gaussian.of(A)) == pytest.approx(0, abs=1e-6)
    flat = torch.cat((A, A[:, :1]), dim=1)
    assert Gaussian.of(flat).distance(Gaussian.of(flat + 2)) == pytest.approx(4 * 7, rel=1e-6)


def test_counts_are_repetitions():
    counts = torch.randint(4, (len(A),), generator=torch.Generator().manual_seed(1))
    weighted, repeated = Gaussian.of(A, counts), Gaussian.of(A.repeat_interleave(counts, 0))
    torch.testing.assert_close(weighted.mean, repeated.mean)
    torch.testing.assert_close(weighted.covariance, repeated.covariance)
    torch.testing.assert_close(Gaussian.of(A).covariance, torch.cov(A.double().T))


def test_the_bootstrap_is_paired():
    gauge = FrechetScorer(lambda images: images.flatten(1), B)
    drawn = gauge.resampled([A, A, A + 1], 20, torch.Generator().manual_seed(2))
    assert drawn.shape == (20, 3)
    assert torch.equal(drawn[:, 0], drawn[:, 1])
    shift = drawn[:, 2] - drawn[:, 0]  # 6 + 2 * sum of the difference of means, whatever the covariances
    assert shift.std() < drawn[:, 0].std()
    again = gauge.resampled([A, A, A + 1], 20, torch.Generator().manual_seed(2))
    assert torch.equal(drawn, again)


def test_an_interval_lies_around_the_estimate_although_resamplings_are_farther():
    gauge = FrechetScorer(lambda images: images, B)
    drawn = gauge.resampled([A], 200, torch.Generator().manual_seed(3))[:, 0]
    interval = around(gauge.distance(A), drawn)
    assert interval.low < interval.value == gauge.distance(A) < interval.high
    assert interval.high - interval.low == pytest.approx(float(drawn.quantile(0.975) - drawn.quantile(0.025)))
    assert str(Interval(1.0, 0.5, 2.0)) == "1.000 [0.500, 2.000]"


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    rng = torch.Generator().manual_seed(4)
    held = 0
    for _ in range(40):  # Gaussians of equal covariance, 1 apart in each of two axes: the truth is 2
        real, fake = torch.randn(400, 2, generator=rng), torch.randn(400, 2, generator=rng) + 1
        gauge = FrechetScorer(lambda images: images, real)
        interval = around(gauge.distance(fake), gauge.resampled([fake], 60, rng)[:, 0])
        held += interval.low <= 2 <= interval.high
    assert held >= 34


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Gaussian.of(A[:1]), "at least two images"),
        (lambda: Gaussian.of(A[0]), "expected features"),
        (lambda: Gaussian.of(A / 0), "NaN or infinite"),
        (lambda: Gaussian.of(A).distance(Gaussian.of(B[:, :4])), "equally many features, got 6 and 4"),
        (lambda: FrechetScorer(lambda images: images[:, :3], B).features(A), "the same network"),
    ],
)
def test_mistakes_are_told(make, words):
    with pytest.raises(ValueError, match=words):
        make()
