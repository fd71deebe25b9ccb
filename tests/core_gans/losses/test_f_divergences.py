"""The rows of f-GAN against the papers' formulas, worked out independently with many digits."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mpmath
import pytest
import torch
from torch import Tensor

from core_gans.losses import stable
from core_gans.losses.f_divergences import NAMES, FDivergence, f_divergence
from core_gans.losses.stable import EDGE

mp = mpmath.mp.clone()
mp.dps = 300  # f* after g cancels up to 180 digits at scores of +-100
mpf = mp.mpf

Exact = Callable[[Any], Any]
PI = mpf(1) / 4


def sp(v: Any) -> Any:
    return mp.log(1 + mp.exp(v))


def jeffrey(t: Any) -> Any:
    w = mp.lambertw(mp.exp(1 - t)).real
    return w + 1 / w + t - 2


def alpha(order: Any) -> Exact:
    def conjugate(t: Any) -> Any:
        base = t * (order - 1) + 1
        return (base ** (order / (order - 1)) if base > 0 else 0) / order - 1 / order

    return conjugate


# name, fields, g(v), f*(t), as in tables 2 and 6 of Nowozin et al. 2016
ROWS: list[tuple[str, dict[str, float], Exact, Exact]] = [
    ("kl", {}, lambda v: v, lambda t: mp.exp(t - 1)),
    ("reverse_kl", {}, lambda v: -mp.exp(-v), lambda t: -1 - mp.log(-t)),
    ("pearson_chi2", {}, lambda v: v, lambda t: t**2 / 4 + t if t > -2 else mpf(-1)),
    ("neyman_chi2", {}, lambda v: 1 - mp.exp(-v), lambda t: 2 - 2 * mp.sqrt(1 - t)),
    ("squared_hellinger", {}, lambda v: 1 - mp.exp(-v), lambda t: t / (1 - t)),
    ("jeffrey", {}, lambda v: v, jeffrey),
    ("jensen_shannon", {}, lambda v: mp.log(2) - sp(-v), lambda t: -mp.log(2 - mp.exp(t))),
    (
        "weighted_jensen_shannon",
        {"pi": 0.25},
        lambda v: -PI * mp.log(PI) - sp(-v),
        lambda t: (1 - PI) * mp.log((1 - PI) / (1 - PI * mp.exp(t / PI))),
    ),
    ("gan", {}, lambda v: -sp(-v), lambda t: -mp.log(1 - mp.exp(t))),
    ("total_variation", {}, lambda v: mp.tanh(v) / 2, lambda t: t),
    ("alpha", {"alpha": 0.5}, lambda v: 2 - sp(-v), alpha(mpf("0.5"))),
    ("alpha", {"alpha": -2.0}, lambda v: mpf(1) / 3 - sp(-v), alpha(mpf(-2))),
    ("alpha", {"alpha": 3.0}, lambda v: v, alpha(mpf(3))),
]
SCORES = [-100, -85, -60, -41, -39.5, -17, -5, -1, -0.4, -0.25, 0, 0.3, 0.75, 1, 4.5, 18, 25, 39.5, 41, 60, 85, 100]
rows = pytest.mark.parametrize(("name", "fields", "g", "conjugate"), ROWS, ids=[f"{r[0]}{r[1] or ''}" for r in ROWS])


def derivative(function: Exact, at: Any) -> Any:
    step = mpf(10) ** -50
    return (function(at + step) - function(at - step)) / (2 * step)


def slope(function: Callable[[Tensor], Tensor], at: Tensor) -> Tensor:
    at = at.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(function(at).sum(), at)
    return gradient


@rows
@pytest.mark.parametrize("precision", [torch.float32, torch.float64], ids=["float32", "float64"])
def test_values_and_gradients_are_the_papers(
    name: str, fields: dict[str, float], g: Exact, conjugate: Exact, precision: torch.dtype
) -> None:
    row = f_divergence(name, **fields)
    relative = 2e-5 if precision == torch.float32 else 1e-12
    compared = 0
    for computed, exact in ((row.activation, g), (row.conjugate_of_activation, lambda v: conjugate(g(v)))):
        for score in SCORES:
            at = torch.tensor([score], dtype=precision)
            value, gradient = computed(at).item(), slope(computed, at).item()
            assert math.isfinite(value)
            assert math.isfinite(gradient)
            true_value, true_gradient = exact(mpf(at.item())), derivative(exact, mpf(at.item()))
            if abs(true_value) > mp.exp(EDGE - 1):
                assert value * true_value > 0, "the tangent keeps the sign"
                assert abs(value) >= math.exp(EDGE - 1.1), "and grows on"
                continue
            compared += 1
            assert value == pytest.approx(float(true_value), rel=relative, abs=relative / 20)
            assert gradient == pytest.approx(float(true_gradient), rel=relative, abs=1e-37)
    assert compared >= 34


@rows
def test_activation_after_conjugate_is_their_closed_form(
    name: str, fields: dict[str, float], g: Exact, conjugate: Exact
) -> None:
    row = f_divergence(name, **fields)
    scores = torch.linspace(-8, 8, 161, dtype=torch.float64)
    assert torch.allclose(row.conjugate(row.activation(scores)), row.conjugate_of_activation(scores), rtol=1e-9)


@rows
def test_everything_is_finite_at_the_ends_of_float32_and_in_second_derivatives(
    name: str, fields: dict[str, float], g: Exact, conjugate: Exact
) -> None:
    row = f_divergence(name, **fields)
    for function in (row.activation, row.conjugate_of_activation):
        at = torch.tensor([-1000.0, -100.0, -80.0, -40.0, 0.0, 40.0, 80.0, 100.0, 1000.0], requires_grad=True)
        value = function(at)
        (first,) = torch.autograd.grad(value.sum(), at, create_graph=True)
        assert torch.isfinite(value).all()
        assert torch.isfinite(first).all()
        assert torch.isfinite(first.square()).all(), "Adam's second moment holds it"
        if first.requires_grad:
            assert torch.isfinite(torch.autograd.grad(first.sum(), at)[0]).all()


@rows
def test_the_activation_increases_within_the_domain(
    name: str, fields: dict[str, float], g: Exact, conjugate: Exact
) -> None:
    row = f_divergence(name, **fields)
    values = row.activation(torch.linspace(-100, 100, 401, dtype=torch.float64))
    assert (values.diff() >= 0).all()
    assert (values <= row.top).all()
    assert (values[180:220].diff() > 0).all()


@rows
def test_the_optimum_is_the_slope_of_the_generator_and_f_star_its_conjugate(
    name: str, fields: dict[str, float], g: Exact, conjugate: Exact
) -> None:
    row = f_divergence(name, **fields)
    ratios = torch.tensor([0.02, 0.3, 0.999, 1.001, 1.7, 40.0], dtype=torch.float64)
    optimum = row.optimum(ratios)
    assert torch.allclose(slope(row.generator, ratios), optimum, rtol=1e-9)
    assert torch.allclose(ratios * optimum - row.conjugate(optimum), row.generator(ratios), rtol=1e-9, atol=1e-12)
    at_one = row.generator(torch.ones((), dtype=torch.float64)).item()
    assert at_one == pytest.approx(-math.log(4) if name == "gan" else 0, abs=1e-15)


def test_alpha_meets_the_other_rows() -> None:
    ratios = torch.linspace(0.1, 5, 50, dtype=torch.float64)

    def same(order: float, factor: float, other: str, tolerance: float = 1e-12) -> bool:
        expected = factor * f_divergence(other).generator(ratios)
        if other in ("kl", "reverse_kl"):  # equal but for a multiple of u - 1, which no divergence sees
            expected = expected + (1 if other == "reverse_kl" else -1) * (ratios - 1)
        return torch.allclose(f_divergence("alpha", alpha=order).generator(ratios), expected, atol=tolerance)

    assert same(2, 0.5, "pearson_chi2")
    assert same(-1, 0.5, "neyman_chi2")
    assert same(0.5, 2, "squared_hellinger")
    assert same(1 + 1e-6, 1, "kl", 1e-4)
    assert same(1e-6, 1, "reverse_kl", 1e-4)


def test_an_even_weight_is_half_of_the_jensen_shannon_row() -> None:
    scores, ratios = torch.linspace(-9, 9, 50).double(), torch.linspace(0.1, 5, 50).double()
    weighted, plain = f_divergence("weighted_jensen_shannon", pi=0.5), f_divergence("jensen_shannon")
    assert torch.allclose(weighted.generator(ratios), plain.generator(ratios) / 2)
    shifted = f_divergence("gan").conjugate_of_activation(scores) - math.log(2)
    assert torch.allclose(plain.conjugate_of_activation(scores), shifted)


def test_the_scores_of_a_lower_precision_survive_when_raised() -> None:
    for row in every_row():
        scores = torch.tensor([-100.0, 0.0, 100.0], dtype=torch.bfloat16, requires_grad=True)
        (row.conjugate_of_activation(scores.float()) - row.activation(scores.float())).mean().backward()
        assert scores.grad is not None
        assert torch.isfinite(scores.grad).all()


def test_omega_solves_its_equation_and_its_derivatives() -> None:
    x = torch.linspace(-90, 90, 181, dtype=torch.float64)
    root = stable.log_omega(x)
    assert torch.allclose(root + root.exp(), x, rtol=1e-14, atol=1e-13)
    few = torch.tensor([-30.0, -1.0, 0.5, 1.0, 1.5, 50.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(stable.log_omega, few)
    assert torch.autograd.gradgradcheck(stable.log_omega, few)


def test_pearson_s_conjugate_is_the_supremum_over_ratios_from_zero_and_twice_alpha_s() -> None:
    pearson, alpha_2 = f_divergence("pearson_chi2"), f_divergence("alpha", alpha=2.0)
    t = torch.linspace(-6, 4, 101, dtype=torch.float64)
    u = torch.linspace(0, 5, 50_001, dtype=torch.float64)
    supremum = torch.stack([(u * each - pearson.generator(u)).max() for each in t])
    for conjugate in (pearson.conjugate, pearson.conjugate_of_activation):
        torch.testing.assert_close(conjugate(t), supremum, atol=1e-8, rtol=0)
        torch.testing.assert_close(conjugate(t), 2 * alpha_2.conjugate(t / 2))
    assert slope(pearson.conjugate_of_activation, torch.tensor([-50.0, -2.0])).tolist() == [0, 0]


def every_row() -> list[FDivergence]:
    return [f_divergence(name, **fields) for name, fields, _, _ in ROWS]


def test_every_name_stands_in_the_table() -> None:
    assert set(NAMES) == {row.name for row in every_row()}


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        ("pearson", {}, "did you mean pearson_chi2"),
        ("weighted_jensen_shannon", {"pi": 1.0}, "between 0 and 1, got 1.0"),
        ("weighted_jensen_shannon", {"pi": float("nan")}, "between 0 and 1"),
        ("alpha", {"alpha": 0.0}, "choose reverse_kl"),
        ("alpha", {"alpha": 1}, "choose kl"),
        ("alpha", {"alpha": float("inf")}, "finite alpha"),
    ],
)
def test_bad_fields_are_refused_in_one_line(name: str, fields: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        f_divergence(name, **fields)
    assert "\n" not in str(caught.value)
