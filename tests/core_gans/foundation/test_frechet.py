"""The Frechet distance has closed forms, and statistics may be weighted."""

import numpy as np
import pytest
import scipy.linalg
import torch

from core_gans.foundation.frechet import FeatureStatistics, frechet_distance

RNG = torch.Generator().manual_seed(0)
A = torch.randn(200, 6, generator=RNG) @ torch.randn(6, 6, generator=RNG) + 1
B = torch.randn(150, 6, generator=RNG) @ torch.randn(6, 6, generator=RNG) - 1


def test_gaussians_whose_covariances_commute_have_a_closed_form():
    one = torch.tensor([1.0, 2.0]), torch.diag(torch.tensor([4.0, 9.0]))
    two = torch.tensor([0.0, 4.0]), torch.diag(torch.tensor([1.0, 25.0]))
    assert frechet_distance(*one, *two) == pytest.approx(1 + 4 + (2 - 1) ** 2 + (3 - 5) ** 2)


def test_any_gaussians_agree_with_scipys_square_root():
    one, two = FeatureStatistics.of(A), FeatureStatistics.of(B)
    root = scipy.linalg.sqrtm(one.covariance.numpy() @ two.covariance.numpy()).real
    expected = (one.mean - two.mean).square().sum() + (one.covariance + two.covariance).trace() - 2 * np.trace(root)
    assert one.distance(two) == pytest.approx(float(expected))
    assert two.distance(one) == pytest.approx(one.distance(two))


def test_equal_gaussians_are_at_0_and_a_singular_one_is_no_obstacle():
    assert FeatureStatistics.of(A).distance(FeatureStatistics.of(A)) == pytest.approx(0, abs=1e-6)
    flat = torch.cat((A, A[:, :1]), dim=1)
    assert FeatureStatistics.of(flat).distance(FeatureStatistics.of(flat + 2)) == pytest.approx(4 * 7, rel=1e-6)


def test_counts_are_repetitions():
    counts = torch.randint(4, (len(A),), generator=torch.Generator().manual_seed(1))
    weighted, repeated = FeatureStatistics.of(A, counts), FeatureStatistics.of(A.repeat_interleave(counts, 0))
    torch.testing.assert_close(weighted.mean, repeated.mean)
    torch.testing.assert_close(weighted.covariance, repeated.covariance)
    torch.testing.assert_close(FeatureStatistics.of(A).covariance, torch.cov(A.double().T))
    assert weighted.count == repeated.count == int(counts.sum())
    assert weighted.distance(FeatureStatistics.of(B)) == pytest.approx(repeated.distance(FeatureStatistics.of(B)))


def test_statistics_of_other_features_have_no_distance():
    with pytest.raises(ValueError, match="equally many features, got 6 and 4"):
        FeatureStatistics.of(A).distance(FeatureStatistics.of(B[:, :4]))
