"""The bootstrap of the Frechet distance is paired, and its intervals hold the truth."""

import pytest
import torch

from dissect.mending.frechet import FrechetScorer, around

RNG = torch.Generator().manual_seed(0)
A = torch.randn(200, 6, generator=RNG) @ torch.randn(6, 6, generator=RNG) + 1
B = torch.randn(150, 6, generator=RNG) @ torch.randn(6, 6, generator=RNG) - 1


def test_the_bootstrap_is_paired():
    scorer = FrechetScorer(lambda images: images.flatten(1), B)
    drawn = scorer.resampled([A, A, A + 1], 20, torch.Generator().manual_seed(2))
    assert drawn.shape == (20, 3)
    assert torch.equal(drawn[:, 0], drawn[:, 1])
    shift = drawn[:, 2] - drawn[:, 0]  # 6 + 2 * sum of the difference of means, whatever the covariances
    assert shift.std() < drawn[:, 0].std()
    again = scorer.resampled([A, A, A + 1], 20, torch.Generator().manual_seed(2))
    assert torch.equal(drawn, again)


def test_an_interval_lies_around_the_estimate_although_resamplings_are_farther():
    scorer = FrechetScorer(lambda images: images, B)
    drawn = scorer.resampled([A], 200, torch.Generator().manual_seed(3))[:, 0]
    interval = around(scorer.distance(A), drawn)
    assert interval.low < interval.value == scorer.distance(A) < interval.high
    assert interval.high - interval.low == pytest.approx(float(drawn.quantile(0.975) - drawn.quantile(0.025)))


def test_the_deviations_of_the_bootstrap_from_its_own_mean_lie_around_the_value():
    drawn = torch.linspace(9, 11, 201, dtype=torch.float64)  # farther by 7 than the value, which is no deviation
    interval = around(3.0, drawn)
    assert (interval.value, interval.low, interval.high) == pytest.approx((3, 2.05, 3.95))


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    rng = torch.Generator().manual_seed(4)
    held = 0
    for _ in range(40):  # Gaussians of equal covariance, 1 apart in each of two axes: the truth is 2
        real, fake = torch.randn(400, 2, generator=rng), torch.randn(400, 2, generator=rng) + 1
        scorer = FrechetScorer(lambda images: images, real)
        interval = around(scorer.distance(fake), scorer.resampled([fake], 60, rng)[:, 0])
        held += interval.low <= 2 <= interval.high
    assert held >= 34


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: FrechetScorer(lambda images: images, B).distance(A[:1]), "at least two samples"),
        (lambda: FrechetScorer(lambda images: images, B[0]), "expected features"),
        (lambda: FrechetScorer(lambda images: images, B / 0), "NaN or infinite"),
        (lambda: FrechetScorer(lambda images: images[:, :3], B).features(A), "the same network"),
    ],
)
def test_mistakes_are_told(make, words):
    with pytest.raises(ValueError, match=words):
        make()
