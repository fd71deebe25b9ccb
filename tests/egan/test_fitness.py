"""Quality and diversity on discriminators whose scores and gradients can be written down."""

import math

import pytest
import torch

from egan.fitness import FitnessRule, Judgement, diversity, quality


class TestQuality:
    def test_it_is_the_mean_probability_or_the_mean_score(self) -> None:
        scores = torch.tensor([0.0, math.log(3), -math.log(3)])  # probabilities 1/2, 3/4, 1/4
        assert quality(scores) == pytest.approx(0.5)
        assert quality(scores[:2]) == pytest.approx(0.625)
        assert quality(scores[:2], "logit") == pytest.approx(math.log(3) / 2)

    def test_probabilities_saturate_and_scores_do_not(self) -> None:
        sure = torch.tensor([200.0])
        assert (quality(sure), quality(sure, "logit")) == (1, 200)

    def test_bf16_scores_are_averaged_in_float32(self) -> None:
        scores = torch.full((1000,), 1.0, dtype=torch.bfloat16)
        assert quality(scores, "logit") == 1
        assert quality(scores) == pytest.approx(1 / (1 + math.exp(-1)), rel=1e-6)


class TestDiversity:
    def test_it_is_minus_the_logarithm_of_the_norm_over_all_parameters(self) -> None:
        gradients = [torch.tensor([[2.0], [4.0]]), torch.tensor(4.0)]  # norm 6
        assert diversity(gradients) == pytest.approx(-math.log(6))

    def test_it_is_the_norm_and_not_its_square(self) -> None:
        assert diversity([torch.tensor([10.0])]) - diversity([torch.tensor([100.0])]) == pytest.approx(math.log(10))

    def test_a_linear_discriminator_by_hand(self) -> None:
        """D(x) = w . x + b at w = b = 0: the gradient of the logistic loss is half the distance of the means."""
        plane = torch.nn.Linear(2, 1)
        torch.nn.init.zeros_(plane.weight)
        torch.nn.init.zeros_(plane.bias)
        real, fake = torch.tensor([[1.0, 2.0], [3.0, 2.0]]), torch.tensor([[5.0, 5.0], [5.0, 7.0]])
        loss = torch.nn.functional.softplus(-plane(real)).mean() + torch.nn.functional.softplus(plane(fake)).mean()
        gradients = torch.autograd.grad(loss, list(plane.parameters()))
        assert diversity(gradients) == pytest.approx(-math.log(5 / 2))  # means (2, 2) and (5, 6)

    def test_small_gradients_still_count(self) -> None:
        assert diversity([torch.full((4,), 1e-11)]) == pytest.approx(-math.log(2e-11), rel=1e-4)

    @pytest.mark.parametrize("size", [0.0, 1e-40, 1e-25, 1e-13])
    def test_a_discriminator_that_makes_no_error_gives_a_bounded_diversity(self, size: float) -> None:
        assert diversity([torch.full((4,), size)]) == pytest.approx(-math.log(1e-12), rel=1e-6)

    def test_bf16_gradients_are_summed_without_loss(self) -> None:
        assert diversity([torch.ones(10_000, dtype=torch.bfloat16)]) == pytest.approx(-math.log(100))

    @pytest.mark.parametrize("bad", [math.nan, math.inf])
    def test_a_broken_gradient_is_not_finite(self, bad: float) -> None:
        assert not math.isfinite(diversity([torch.tensor([bad])]))


@pytest.mark.parametrize(("gamma", "expected"), [(0.0, 0.5), (0.01, 0.47), (2.0, -5.5)])
def test_fitness_is_quality_plus_gamma_times_diversity(gamma: float, expected: float) -> None:
    assert FitnessRule(gamma)(Judgement(0.5, -3.0, torch.empty(0))) == pytest.approx(expected)
