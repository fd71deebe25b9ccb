"""Mutations against the equations of the paper, from probabilities so small that a logarithm would be lost."""

import math
from collections.abc import Callable

import pytest
import torch

from egan.mutations import MUTATIONS, PAPER, heuristic, least_squares, least_squares_logits, minimax, mutation

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
