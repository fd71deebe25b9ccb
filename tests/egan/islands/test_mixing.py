"""Held-out examples as judge, and shares of a mixture: closed forms and planted answers."""

import pytest
import torch

from core_gans.data.examples import Examples
from egan.islands.held_out import judge_by, split
from egan.islands.mixing import evolved_shares
from tests.tiny import chance, pictures, points


def test_what_is_held_out_is_learned_from_by_no_one() -> None:
    examples = Examples("counted", torch.arange(200.0)[:, None], torch.arange(200) % 2, ("even", "odd"))
    learned, held_out = split(examples, seed=3)
    assert (len(learned), len(held_out)) == (180, 20)
    assert sorted([*learned.images.flatten().tolist(), *held_out.images.flatten().tolist()]) == list(range(200))
    for part in (learned, held_out):
        assert part.labels is not None
        assert torch.equal(part.labels, part.images.flatten().long() % 2)
    assert torch.equal(split(examples, seed=3)[1].images, held_out.images)
    assert not torch.equal(split(examples, seed=4)[1].images, held_out.images)


def test_too_few_examples_to_hold_any_out() -> None:
    with pytest.raises(ValueError, match="ring has only 19: expected at least 20"):
        split(points(19), seed=0)


def test_of_one_generator_the_quadratic_form_is_the_kernel_distance() -> None:
    judge = judge_by("kernel", points(100))
    fakes = judge.of(points(80, seed=5).images + 0.1)
    matrix, towards, among = judge.kernels([fakes])
    assert float(matrix[0, 0] - 2 * towards[0] + among) == pytest.approx(judge.distance(fakes), abs=1e-12)


def test_of_two_halves_of_one_sample_the_mixture_is_their_union() -> None:
    judge = judge_by("kernel", points(60))
    one, other = judge.of(torch.randn(50, 2, generator=chance())), judge.of(torch.randn(50, 2, generator=chance(1)))
    matrix, _, _ = judge.kernels([one, other])
    pairs = 50 * 49 / 2
    union = (pairs * matrix[0, 0] + pairs * matrix[1, 1] + 50 * 50 * matrix[0, 1]) / (100 * 99 / 2)
    whole, _, _ = judge.kernels([torch.cat([one, other])])
    assert float(whole[0, 0]) == pytest.approx(float(union), abs=1e-12)


@pytest.mark.parametrize("distance", ["kernel", "frechet"])
def test_the_nearer_sample_has_the_smaller_distance(distance: str) -> None:
    judge = judge_by(distance, points(300))  # type: ignore[arg-type]
    near, far = points(300, seed=1).images, points(300, seed=1).images * 0.5
    assert judge.distance(judge.of(near)) < judge.distance(judge.of(far))
    assert judge.distance(torch.full((4, 2), torch.nan)) == float("inf")


def test_pictures_have_features_too() -> None:
    judge = judge_by("kernel", pictures(30))
    assert judge.rule.name == "gaussian_mmd[pca-pixels]"
    assert judge.of(torch.zeros(3, 1, 16, 16)).shape[0] == 3


def test_planted_generators_of_half_the_modes_share_equally_and_a_bad_one_gets_nothing() -> None:
    real = points(800)
    assert real.labels is not None
    judge = judge_by("kernel", real)
    others = points(1_600, seed=9)
    halves = [others.images[others.labels < 4], others.images[others.labels >= 4]]  # type: ignore[operator]
    bad = torch.randn(500, 2, generator=chance()) * 0.1
    matrix, towards, _ = judge.kernels([judge.of(each) for each in (halves[0], bad, halves[1])])
    shares = evolved_shares(matrix, towards, chance())
    assert sum(shares) == pytest.approx(1)
    assert shares == pytest.approx([0.5, 0.0, 0.5], abs=0.04)
    assert evolved_shares(matrix, towards, chance()) == shares


def test_shares_come_near_the_least_of_the_quadratic_form() -> None:
    matrix, towards = torch.diag(torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64)), torch.ones(3, dtype=torch.float64)
    shares = evolved_shares(matrix, towards, chance())
    assert shares == pytest.approx([4 / 7, 2 / 7, 1 / 7], abs=0.01)  # w'Kw least where w_i is as 1 / K_ii


def test_one_alone_may_be_best() -> None:
    matrix = torch.ones(2, 2, dtype=torch.float64)
    assert evolved_shares(matrix, torch.tensor([1.0, 0.0], dtype=torch.float64), chance()) == [1.0, 0.0]
