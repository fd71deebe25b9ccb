"""Objectives against closed forms, and their exactness where a logarithm of a sigmoid would fail."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from core_gans.losses.objectives import Objective, heuristic, hinge, least_squares, minimax, wasserstein

LOGISTIC = [minimax, heuristic]
ALL = [minimax, heuristic, wasserstein, hinge, least_squares(), least_squares(-1, 1, 0)]

# Eight real and eight fake examples over three atoms: two densities whose optimal discriminators are known.
P = torch.tensor([1, 2, 5])
Q = torch.tensor([4, 3, 1])


def sigmoid(score: float) -> float:
    return 1 / (1 + math.exp(-score))


def softplus(score: float) -> float:
    return max(score, 0.0) + math.log1p(math.exp(-abs(score)))


def names(objective: Objective) -> str:
    return objective.name


def spread(scores: Tensor) -> tuple[Tensor, Tensor]:
    """The scores (3,) of the atoms as the scores of the real and of the fake examples."""
    return scores.repeat_interleave(P), scores.repeat_interleave(Q)


def slope(function: Callable[[Tensor], Tensor], at: Tensor) -> Tensor:
    at = at.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(function(at), at)
    return gradient


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16], ids=["float32", "bfloat16"])
@pytest.mark.parametrize("score", [-100.0, -60.0, -1.0, 0.0, 1.0, 60.0, 100.0])
class TestExactAtEveryScore:
    def test_logistic_discriminator(self, score: float, precision: torch.dtype) -> None:
        zero = torch.zeros(1, dtype=precision)
        at = torch.tensor([score], dtype=precision)
        for objective in LOGISTIC:
            of_real = objective.discriminator(at, zero)
            of_fake = objective.discriminator(zero, at)
            assert of_real.dtype == of_fake.dtype == torch.float32
            assert of_real.item() == pytest.approx(softplus(-score) + math.log(2), rel=1e-6)
            assert of_fake.item() == pytest.approx(softplus(score) + math.log(2), rel=1e-6)
            tolerance = {"rel": 1e-2 if precision == torch.bfloat16 else 1e-5, "abs": 1e-30}
            real_slope = slope(lambda s, o=objective: o.discriminator(s, zero), at)
            fake_slope = slope(lambda s, o=objective: o.discriminator(zero, s), at)
            assert real_slope.item() == pytest.approx(-sigmoid(-score), **tolerance)
            assert fake_slope.item() == pytest.approx(sigmoid(score), **tolerance)

    def test_generators(self, score: float, precision: torch.dtype) -> None:
        at = torch.tensor([score], dtype=precision)
        tolerance = {"rel": 1e-2 if precision == torch.bfloat16 else 1e-5, "abs": 1e-30}
        truths = [
            (heuristic, softplus(-score), -sigmoid(-score)),
            (minimax, -softplus(score), -sigmoid(score)),
            (wasserstein, -score, -1.0),
            (hinge, -score, -1.0),
            (least_squares(), (score - 1) ** 2 / 2, score - 1),
            (least_squares(-1, 1, 0), score**2 / 2, score),
        ]
        for objective, value, derivative in truths:
            assert objective.generator(at).item() == pytest.approx(value, rel=1e-6, abs=1e-30), objective.name
            assert slope(objective.generator, at).item() == pytest.approx(derivative, **tolerance), objective.name


def test_heuristic_keeps_its_gradient_where_the_discriminator_wins_and_minimax_loses_it() -> None:
    losing = torch.tensor([-60.0])
    assert slope(heuristic.generator, losing).item() == -1
    assert abs(slope(minimax.generator, losing).item()) < 1e-25


def test_an_undecided_discriminator_costs_log_four() -> None:
    for objective in LOGISTIC:
        assert objective.discriminator(torch.zeros(5), torch.zeros(5)).item() == pytest.approx(math.log(4))


def test_minimax_is_a_zero_sum_game_in_the_fakes() -> None:
    fake = torch.randn(50, generator=torch.Generator().manual_seed(1))
    real = torch.zeros(50)
    discriminator = slope(lambda scores: minimax.discriminator(real, scores), fake)
    torch.testing.assert_close(slope(minimax.generator, fake), -discriminator)


def test_the_logit_of_the_optimal_discriminator_is_stationary_and_measures_jensen_shannon() -> None:
    scores = (P / Q).log()  # D* = p / (p + q)
    for objective in LOGISTIC:
        gradient = slope(lambda s, o=objective: o.discriminator(*spread(s)), scores)
        torch.testing.assert_close(gradient, torch.zeros(3), atol=1e-7, rtol=0)
        p, q = P / 8, Q / 8
        middle = (p + q) / 2
        jensen_shannon = ((p * (p / middle).log()).sum() + (q * (q / middle).log()).sum()) / 2
        torch.testing.assert_close(objective.discriminator(*spread(scores)), math.log(4) - 2 * jensen_shannon)


@pytest.mark.parametrize(("a", "b", "c"), [(0.0, 1.0, 1.0), (-1.0, 1.0, 0.0), (0.3, 2.0, -1.0)])
def test_least_squares_has_its_optimum_at_the_mean_of_the_targets(a: float, b: float, c: float) -> None:
    objective = least_squares(a, b, c)
    best = (b * P + a * Q) / (P + Q)  # Mao et al. 2017, equation 5
    gradient = slope(lambda s: objective.discriminator(*spread(s)), best)
    torch.testing.assert_close(gradient, torch.zeros(3), atol=1e-7, rtol=0)


def test_least_squares_with_minus_one_one_zero_measures_pearson_chi2() -> None:
    objective = least_squares(-1, 1, 0)
    real, fake = spread((P - Q) / (P + Q))
    p, q = P / 8, Q / 8
    pearson = ((2 * q - (p + q)) ** 2 / (p + q)).sum()  # chi2(p + q || 2q), equation 8
    torch.testing.assert_close(2 * (objective.generator(fake) + objective.generator(real)), pearson)


def test_wasserstein_critic_that_is_the_identity_measures_the_shift() -> None:
    points = torch.randn(100, generator=torch.Generator().manual_seed(2))
    assert -wasserstein.discriminator(points + 3, points).item() == pytest.approx(3, abs=1e-5)


def test_hinge_is_silent_beyond_the_margins_and_two_in_the_middle() -> None:
    assert hinge.discriminator(torch.zeros(3), torch.zeros(3)).item() == 2
    real, fake = torch.tensor([1.0, 7.0], requires_grad=True), torch.tensor([-1.0, -7.0], requires_grad=True)
    loss = hinge.discriminator(real, fake)
    loss.backward()
    assert loss.item() == 0
    assert real.grad is not None
    assert fake.grad is not None
    assert real.grad.tolist()[1] == fake.grad.tolist()[1] == 0
    outside = slope(lambda s: hinge.discriminator(s, torch.full((2,), -9.0)), torch.tensor([0.0, 0.5]))
    assert outside.tolist() == [-0.5, -0.5]


@pytest.mark.parametrize("objective", [*LOGISTIC, wasserstein, hinge], ids=names)
def test_real_and_fake_are_mirror_images(objective: Objective) -> None:
    rng = torch.Generator().manual_seed(3)
    real, fake = torch.randn(9, generator=rng), torch.randn(9, generator=rng)
    torch.testing.assert_close(objective.discriminator(real, fake), objective.discriminator(-fake, -real))


@pytest.mark.parametrize("objective", ALL, ids=lambda objective: objective.name)
def test_scores_of_any_shape_are_averaged(objective: Objective) -> None:
    rng = torch.Generator().manual_seed(4)
    real, fake = torch.randn(12, generator=rng), torch.randn(12, generator=rng)
    patches = objective.discriminator(real.view(3, 1, 2, 2), fake.view(3, 1, 2, 2))
    torch.testing.assert_close(patches, objective.discriminator(real, fake))
    one_by_one = torch.stack([objective.generator(score) for score in fake]).mean()
    torch.testing.assert_close(objective.generator(fake.view(3, 1, 2, 2)), one_by_one)
