"""Mutations against the equations of the paper, from probabilities so small that a logarithm would be lost."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from core_gans.foundation.errors import LabError
from core_gans.losses import objectives
from core_gans.losses.f_divergences import NAMES
from egan.individual import Individual
from egan.mutations import (
    KNOWN,
    MUTATIONS,
    PAPER,
    SURVEY,
    Mutation,
    heuristic,
    least_squares,
    least_squares_logits,
    minimax,
    mutation,
    noise_of,
    rate_of,
)
from egan.population import start
from tests.tiny import all_equal, batches, points, small, weights

SCORES = [-100.0, -30.0, -1.0, 0.0, 2.0, 30.0, 100.0]


def d(score: float) -> float:
    """D(G(z)) of the paper, without overflow."""
    return 1 / (1 + math.exp(-score)) if score >= 0 else math.exp(score) / (1 + math.exp(score))


def softplus(score: float) -> float:
    return max(score, 0.0) + math.log1p(math.exp(-abs(score)))


# name: value and derivative by the raw score
EQUATIONS: dict[str, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "minimax": (lambda s: -softplus(s), lambda s: -d(s)),  # log(1 - D)
    "heuristic": (lambda s: softplus(-s), lambda s: -d(-s)),  # -log D
    "least_squares": (lambda s: (1 - d(s)) ** 2, lambda s: -2 * d(-s) * d(s) * d(-s)),  # (D - 1)^2
    "least_squares_logits": (lambda s: (s - 1) ** 2, lambda s: 2 * (s - 1)),
}


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16], ids=["float32", "bfloat16"])
@pytest.mark.parametrize("name", MUTATIONS)
def test_values_and_gradients_are_those_of_the_equations(name: str, precision: torch.dtype) -> None:
    value, derivative = EQUATIONS[name]
    for score in SCORES:
        scores = torch.tensor([score, score], dtype=precision, requires_grad=True)
        loss = mutation(name).loss(scores)
        (gradient,) = torch.autograd.grad(loss, scores)
        assert loss.dtype == torch.float32
        assert loss.item() == pytest.approx(value(score), rel=1e-5, abs=1e-7), score
        tolerance = 1e-2 if precision == torch.bfloat16 else 1e-4
        assert 2 * gradient[0].item() == pytest.approx(derivative(score), rel=tolerance, abs=1e-7), score


def test_only_the_heuristic_mutation_learns_when_the_discriminator_is_sure() -> None:
    """Wang et al. 2019, figure 2: the other two flatten where D(G(z)) is near 0."""
    slopes = {}
    for each in PAPER:
        scores = torch.tensor([-30.0], requires_grad=True)
        (slopes[each.name],) = torch.autograd.grad(each.loss(scores), scores)
    assert abs(slopes["heuristic"].item()) == 1
    assert abs(slopes["minimax"].item()) < 1e-12
    assert abs(slopes["least_squares"].item()) < 1e-12


def test_the_papers_three_are_the_default() -> None:
    assert list(PAPER) == [minimax, heuristic, least_squares]
    assert [each.name for each in PAPER] == ["minimax", "heuristic", "least_squares"]
    assert mutation("least_squares_logits") is least_squares_logits


def test_a_misspelt_mutation_lists_the_nearest() -> None:
    with pytest.raises(ValueError, match="no mutation is called 'minmax': did you mean minimax"):
        mutation("minmax")


class TestTheSurveysObjectives:
    def test_each_is_known_by_name(self) -> None:
        assert {*SURVEY} == {
            "least_squares_pearson",
            "wasserstein",
            "hinge",
            "relativistic_average",
            "relativistic_paired",
            *(f"f_{row}" for row in NAMES),
        }
        assert [*KNOWN] == [*MUTATIONS, *SURVEY, "noise", "rate"]
        assert all(mutation(name).name == name for name in KNOWN)

    def test_a_step_descends_the_generators_part_of_the_objective(self) -> None:
        scores, weight = torch.tensor([-1.0, 0.5, 2.0]), torch.tensor([1.0, -2.0, 0.5], requires_grad=True)
        real = torch.tensor([3.0, 1.0, 2.0])
        for name, value in {
            "wasserstein": lambda fake: -fake.mean(),
            "hinge": lambda fake: -fake.mean(),
            "least_squares_pearson": lambda fake: 0.5 * (fake**2).mean(),
            "f_gan": lambda fake: -torch.nn.functional.softplus(fake).mean(),
            "f_pearson_chi2": lambda fake: -(fake**2 / 4 + fake).mean(),
            "relativistic_average": lambda fake: objectives.relativistic_average.generator(fake, real),
            "relativistic_paired": lambda fake: torch.nn.functional.softplus(real - fake).mean(),
        }.items():
            (found,) = mutation(name).gradients(scores * weight, real, [weight])
            (expected,) = torch.autograd.grad(value(scores * weight), weight)
            torch.testing.assert_close(found, expected)

    def test_a_relative_one_pulls_towards_the_real_scores(self) -> None:
        fake = torch.zeros(2, requires_grad=True)
        steep, flat = (
            mutation("relativistic_average").gradients(fake, torch.full((3,), real), [fake])[0] for real in (5.0, -5.0)
        )
        assert steep[0] < -0.4
        assert -0.02 < flat[0] < 0

    def test_float64_passes_through(self) -> None:
        for name, each in KNOWN.items():
            fake = torch.tensor([0.3, -0.2], dtype=torch.float64, requires_grad=True)
            gradients = each.gradients(fake, torch.zeros(2, dtype=torch.float64), [fake])
            assert all(gradient.dtype == torch.float64 for gradient in gradients), name

    def test_minimax_and_heuristic_gradients_sum_to_minus_one_over_b_per_sample(self) -> None:
        scores = torch.linspace(-20, 20, 16, dtype=torch.float64).requires_grad_()
        total = sum(each.gradients(scores, scores, [scores])[0] for each in (minimax, heuristic))
        torch.testing.assert_close(total, torch.full((16,), -1 / 16, dtype=torch.float64))

    def test_ones_own_objective(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "own_losses_of_mine.py").write_text(
            "from core_gans.losses.objectives import Objective\n"
            "cubic = Objective('cubic', lambda real, fake: fake.mean(), lambda fake: -(fake**3).mean())\n"
        )
        fake = torch.tensor([2.0], requires_grad=True)
        own = mutation("own_losses_of_mine:cubic")
        assert own.name == "own_losses_of_mine:cubic"
        assert own.gradients(fake, fake, [fake])[0].item() == -12
        with pytest.raises(LabError, match=r"expected a core_gans\.losses\.objectives\.Objective"):
            mutation("own_losses_of_mine:Objective")


class TestChangesOfTheChild:
    def individual(self) -> Individual:
        population = start(small("dcgan", points()), batches(points()), torch.Generator().manual_seed(0))
        return population.parents[0]

    def test_noise_has_the_scale_of_the_weights(self) -> None:
        child = self.individual()
        layer = torch.nn.Linear(100, 200)
        child.generator = layer
        torch.nn.init.constant_(layer.weight, 3.0)
        torch.nn.init.zeros_(layer.bias)
        noise_of(0.1)(child, torch.Generator().manual_seed(1))
        assert (layer.weight - 3).std().item() == pytest.approx(0.3, rel=0.02)
        assert (layer.weight - 3).mean().item() == pytest.approx(0, abs=0.01)
        assert layer.bias.abs().max() == 0

    def test_rates_wander_and_are_inherited(self) -> None:
        child, chance = self.individual(), torch.Generator().manual_seed(1)
        factors = []
        for _ in range(400):
            child.rate = 2.0
            rate_of(0.2)(child, chance)
            factors.append(math.log(child.rate / 2))
        assert torch.tensor(factors).std().item() == pytest.approx(0.2, rel=0.1)
        assert torch.tensor(factors).mean().item() == pytest.approx(0, abs=0.03)

    def test_a_mutation_that_does_nothing_is_refused(self) -> None:
        with pytest.raises(ValueError, match="expected the mutation 'sloth' to have a loss, a change, or both"):
            Mutation("sloth")

    def test_chance_comes_from_the_rng_given(self) -> None:
        one, same, other = (self.individual() for _ in range(3))
        for child, seed in ((one, 1), (same, 1), (other, 2)):
            noise_of(0.1)(child, torch.Generator().manual_seed(seed))
        assert all_equal(weights(one.generator), weights(same.generator))
        assert not all_equal(weights(one.generator), weights(other.generator))
