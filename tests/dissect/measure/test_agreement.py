"""Agreement: closed forms, identities, and scikit-learn's mutual information as an independent judge."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import jaccard_score, mutual_info_score

from dissect.measure import agreement

SHARES = st.floats(0.01, 0.99)


def counts(a: np.ndarray, s: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    return np.float64((a & s).sum()), np.float64(a.sum()), np.float64(s.sum()), float(a.size)


@pytest.mark.parametrize("seed", range(4))
def test_against_independent_implementations(seed):
    rng = np.random.default_rng(seed)
    s = rng.random(500) < 0.3
    a = np.where(rng.random(500) < 0.6, s, rng.random(500) < 0.2)
    both, on, concept, total = counts(a, s)
    assert agreement.iou(both, on, concept) == pytest.approx(jaccard_score(s, a))
    joint = -sum(p * np.log(p) for p in np.bincount(2 * a + s, minlength=4) / 500 if p > 0)
    assert agreement.iqr(both, on, concept, total) == pytest.approx(mutual_info_score(s, a) / joint)


@settings(deadline=None)
@given(SHARES, SHARES)
def test_independent_regions_score_nothing(a, p):
    assert agreement.iou(a * p, a, p) == pytest.approx(a * p / (a + p - a * p))
    assert agreement.score(a * p, a * p, a, p) == pytest.approx(0, abs=1e-12)
    assert agreement.iqr(a * p, a, p, 1.0) == pytest.approx(0, abs=1e-9)


@settings(deadline=None)
@given(SHARES)
def test_equal_regions_agree_wholly(p):
    assert agreement.iou(p, p, p) == pytest.approx(1)
    assert agreement.score(p, p * p, p, p) == pytest.approx(1)
    assert agreement.iqr(p, p, p, 1.0) == pytest.approx(1)


@settings(deadline=None)
@given(SHARES)
def test_a_complement_has_full_iqr_and_a_score_below_zero(p):
    assert agreement.iqr(0.0, 1 - p, p, 1.0) == pytest.approx(1)
    assert agreement.score(0.0, p * (1 - p), 1 - p, p) < 0


def test_the_score_is_the_share_of_what_chance_left_to_agree_on():
    # IoU 30/50, by chance 20/60: (0.6 - 1/3) / (1 - 1/3)
    assert agreement.score(30.0, 20.0, 40.0, 40.0) == pytest.approx(0.4)


def test_regions_that_chance_alone_makes_equal_score_nothing():
    assert agreement.score(40.0, 40.0, 40.0, 40.0) == 0


def test_empty_regions_agree_with_nothing():
    for both, on, concept in ((0.0, 0.0, 0.0), (0.0, 0.5, 0.0), (0.0, 0.0, 0.5)):
        assert agreement.iou(both, on, concept) == 0
        assert agreement.score(both, both, on, concept) == 0
        assert agreement.iqr(both, on, concept, 1.0) == 0
