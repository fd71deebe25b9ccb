"""Every objective's value and gradient against NumPy in float64, on scores that reach +-100."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from core_gans.foundation.errors import LabError
from core_gans.game import Batch
from core_gans.losses import f_divergences
from core_gans.losses.objectives import (
    Objective,
    boundary_equilibrium,
    energy_margin,
    f_divergence,
    goodfellow,
    heuristic,
    hinge,
    least_squares,
    least_squares_labels,
    least_squares_pearson,
    loss_sensitive,
    minimax,
    relativistic_average,
    relativistic_paired,
    wasserstein,
)
from core_gans.training import start, train
from core_gans.variants import FGAN, make
from tests.tiny import batches, points, small

Scores = NDArray[np.float64]
COUNT = 64
MARGINS = torch.linspace(0, 30, COUNT)


def sigmoid(x: Scores) -> Scores:
    return np.exp(-np.logaddexp(0, -x))


def sp(x: Scores) -> Scores:
    return np.logaddexp(0, x)


@dataclass(frozen=True)
class Truth:
    """The losses as the papers write them, and COUNT times their slopes at each score, derived by hand."""

    discriminator: Callable[[Scores, Scores], float]
    of_real: Callable[[Scores, Scores], Scores]
    of_fake: Callable[[Scores, Scores], Scores]
    generator: Callable[[Scores, Scores], float]
    of_generated: Callable[[Scores, Scores], Scores]


def logistic(smoothing: float, generator: str) -> Truth:
    kept = 1 - smoothing
    return Truth(
        lambda r, f: np.mean(kept * sp(-r) + smoothing * sp(r)) + np.mean(sp(f)),
        lambda r, f: -kept * sigmoid(-r) + smoothing * sigmoid(r),
        lambda r, f: sigmoid(f),
        (lambda f, r: np.mean(sp(-f))) if generator == "heuristic" else (lambda f, r: -np.mean(sp(f))),
        (lambda f, r: -sigmoid(-f)) if generator == "heuristic" else (lambda f, r: -sigmoid(f)),
    )


def squares(a: float, b: float, c: float) -> Truth:
    return Truth(
        lambda r, f: np.mean((r - b) ** 2) / 2 + np.mean((f - a) ** 2) / 2,
        lambda r, f: r - b,
        lambda r, f: f - a,
        lambda f, r: np.mean((f - c) ** 2) / 2,
        lambda f, r: f - c,
    )


def linear(generated: Callable[[Scores], Scores], slope: Callable[[Scores], Scores]) -> Truth:
    """-E r + E generated(f), against -E f."""
    return Truth(
        lambda r, f: np.mean(generated(f)) - np.mean(r),
        lambda r, f: -np.ones_like(r),
        lambda r, f: slope(f),
        lambda f, r: -np.mean(f),
        lambda f, r: -np.ones_like(f),
    )


def sensitive(margin: Scores | float, v: float, weight: float) -> Truth:
    def cost_slope(r: Scores, f: Scores) -> Scores:
        return np.where(margin - r + f > 0, 1.0, v)

    return Truth(
        lambda r, f: np.mean(cost_slope(r, f) * (margin - r + f)) - weight * np.mean(r),
        lambda r, f: -cost_slope(r, f) - weight,
        cost_slope,
        lambda f, r: -np.mean(f),
        lambda f, r: -np.ones_like(f),
    )


HINGE = Truth(
    lambda r, f: np.mean(np.maximum(1 - r, 0)) + np.mean(np.maximum(1 + f, 0)),
    lambda r, f: -(r < 1).astype(float),
    lambda r, f: (f > -1).astype(float),
    lambda f, r: -np.mean(f),
    lambda f, r: -np.ones_like(f),
)
RELATIVISTIC = Truth(
    lambda r, f: np.mean(sp(f.mean() - r)) + np.mean(sp(f - r.mean())),
    lambda r, f: -sigmoid(f.mean() - r) - np.mean(sigmoid(f - r.mean())),
    lambda r, f: np.mean(sigmoid(f.mean() - r)) + sigmoid(f - r.mean()),
    lambda f, r: np.mean(sp(r.mean() - f)) + np.mean(sp(r - f.mean())),
    lambda f, r: -sigmoid(r.mean() - f) - np.mean(sigmoid(r - f.mean())),
)
PAIRED = Truth(
    lambda r, f: np.mean(sp(f - r)),
    lambda r, f: -sigmoid(f - r),
    lambda r, f: sigmoid(f - r),
    lambda f, r: np.mean(sp(r - f)),
    lambda f, r: -sigmoid(r - f),
)
TRUTHS: dict[str, tuple[Objective, Truth]] = {
    "minimax": (minimax, logistic(0, "minimax")),
    "heuristic": (heuristic, logistic(0, "heuristic")),
    "smoothed": (goodfellow("heuristic", 0.1), logistic(0.1, "heuristic")),
    "wasserstein": (wasserstein, linear(lambda f: f, np.ones_like)),
    "least_squares_labels": (least_squares_labels, squares(0, 1, 1)),
    "least_squares_pearson": (least_squares_pearson, squares(-1, 1, 0)),
    "least_squares_any": (least_squares(0.3, 2, -1.5), squares(0.3, 2, -1.5)),
    "hinge": (hinge, HINGE),
    "relativistic_average": (relativistic_average, RELATIVISTIC),
    "relativistic_paired": (relativistic_paired, PAIRED),
    "ls_gan": (loss_sensitive(MARGINS, 0, 1.5), sensitive(MARGINS.double().numpy(), 0, 1.5)),
    "gls_gan": (loss_sensitive(MARGINS, 0.01), sensitive(MARGINS.double().numpy(), 0.01, 0)),
    "gls_gan_absolute": (loss_sensitive(7.3, -1), sensitive(7.3, -1, 0)),
    "energy_margin": (energy_margin(9.7), linear(lambda f: np.maximum(9.7 + f, 0), lambda f: f > -9.7)),
    "boundary_equilibrium": (boundary_equilibrium(0.3), linear(lambda f: 0.3 * f, lambda f: np.full_like(f, 0.3))),
}
ROWS: list[tuple[str, dict[str, float]]] = [
    *((name, {}) for name in f_divergences.NAMES if name not in ("alpha", "weighted_jensen_shannon")),
    ("weighted_jensen_shannon", {"pi": 0.3}),
    ("alpha", {"alpha": 0.4}),
    ("alpha", {"alpha": 2.5}),
]


def scores(seed: int, precision: torch.dtype) -> Tensor:
    """COUNT scores in [-100, 100], both ends and zero among them, as numbers of ``precision``."""
    drawn = torch.rand(COUNT, generator=torch.Generator().manual_seed(seed)) * 200 - 100
    drawn[:3] = torch.tensor([-100.0, 0.0, 100.0]).roll(seed)
    return drawn.to(precision)


def slopes(loss: Callable[..., Tensor], *at: Tensor) -> tuple[Tensor, ...]:
    leaves = [scores.clone().requires_grad_() for scores in at]
    return torch.autograd.grad(loss(*leaves), leaves, materialize_grads=True)


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16, torch.float64], ids=str)
@pytest.mark.parametrize("name", TRUTHS)
def test_values_and_gradients_are_the_formulas(name: str, precision: torch.dtype) -> None:
    objective, truth = TRUTHS[name]
    real, fake = scores(1, precision), scores(2, precision)
    r, f = real.double().numpy(), fake.double().numpy()
    exact = {"rtol": 1e-12, "atol": 1e-12} if precision == torch.float64 else {"rtol": 2e-6, "atol": 1e-5}
    coarse = 1e-2 if precision == torch.bfloat16 else 3e-5 if precision == torch.float32 else 1e-10

    def generator(generated: Tensor) -> Tensor:
        return objective.generator(generated, real)

    np.testing.assert_allclose(objective.discriminator(real, fake), truth.discriminator(r, f), **exact)
    np.testing.assert_allclose(generator(fake), truth.generator(f, r), **exact)
    of_real, of_fake = slopes(objective.discriminator, real, fake)
    (of_generated,) = slopes(generator, fake)
    for found, expected in (
        (of_real, truth.of_real(r, f)),
        (of_fake, truth.of_fake(r, f)),
        (of_generated, truth.of_generated(f, r)),
    ):
        assert found.dtype == precision
        np.testing.assert_allclose(found.double() * COUNT, expected, rtol=coarse, atol=1e-12)


@pytest.mark.parametrize(("name", "fields"), ROWS)
def test_f_gan_is_the_negated_bound_against_its_second_half_or_its_activation(
    name: str, fields: dict[str, float]
) -> None:
    row = f_divergences.f_divergence(name, **fields)
    low, high = f_divergence(name, generator="minimax", **fields), f_divergence(name, generator="heuristic", **fields)
    real, fake = (torch.linspace(-3, 2, 30, dtype=torch.float64), torch.linspace(-2, 3, 40, dtype=torch.float64))
    bound = row.activation(real).mean() - row.conjugate(row.activation(fake)).mean()
    for objective in (low, high):
        torch.testing.assert_close(objective.discriminator(real, fake), -bound)
    torch.testing.assert_close(low.generator(fake), -row.conjugate(row.activation(fake)).mean())
    torch.testing.assert_close(high.generator(fake), -row.activation(fake).mean())
    # Both generators want larger scores, since large means real; the bound's own half may lie flat below T*(0).
    assert (slopes(low.generator, fake)[0] <= 0).all()
    assert (slopes(high.generator, fake)[0] < 0).all()


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("kind", ["minimax", "heuristic"])
@pytest.mark.parametrize(("name", "fields"), ROWS)
def test_f_gan_is_finite_at_every_score(name: str, fields: dict[str, float], kind: str, precision: torch.dtype) -> None:
    objective = f_divergence(name, generator="minimax" if kind == "minimax" else "heuristic", **fields)
    real, fake = scores(1, precision), scores(2, precision)
    found = [objective.discriminator(real, fake), objective.generator(fake)]
    assert all(value.dtype == torch.float32 for value in found)
    found += [*slopes(objective.discriminator, real, fake), *slopes(objective.generator, fake)]
    assert all(value.isfinite().all() for value in found)


def test_smoothing_softens_the_real_examples_and_leaves_the_fakes_alone() -> None:
    real, fake = scores(3, torch.float64) / 20, scores(4, torch.float64) / 20
    smoothed = goodfellow("heuristic", smoothing=0.1)
    (_, of_fake), (_, plain) = (slopes(o.discriminator, real, fake) for o in (smoothed, heuristic))
    torch.testing.assert_close(of_fake, plain, rtol=0, atol=0)
    torch.testing.assert_close(smoothed.generator(fake), heuristic.generator(fake), rtol=0, atol=0)
    at_nine_tenths = torch.full((5,), np.log(0.9 / 0.1), dtype=torch.float64)  # D = 0.9 is where it rests
    assert slopes(lambda s: smoothed.discriminator(s, fake), at_nine_tenths)[0].abs().max() < 1e-15


OBJECTIVES = {name: objective for name, (objective, _) in TRUTHS.items()} | {
    f"f_{name}": f_divergence(name) for name in f_divergences.NAMES
}


@pytest.mark.parametrize("name", OBJECTIVES)
def test_scores_that_would_be_broadcast_are_refused_in_one_line(name: str) -> None:
    flat, column = torch.zeros(COUNT), torch.zeros(COUNT, 1)
    for real, fake in ((flat, column), (column, flat)):
        with pytest.raises(ValueError, match=r"expected scores of the same shape for each example.*let the disc") as e:
            OBJECTIVES[name].discriminator(real, fake)
        assert "\n" not in str(e.value)
        assert "(64,)" in str(e.value)
        assert "(64, 1)" in str(e.value)


def test_margins_that_would_be_broadcast_are_refused() -> None:
    column = torch.zeros(COUNT, 1)
    with pytest.raises(ValueError, match=r"one margin for each pair, got margins \(64,\) for scores \(64, 1\)"):
        loss_sensitive(MARGINS).discriminator(column, column)


def test_a_relative_objective_needs_the_real_scores() -> None:
    with pytest.raises(ValueError, match=r"relativistic_average compares fakes with reals: give both scores"):
        relativistic_average.generator(torch.zeros(3))
    with pytest.raises(ValueError, match="expected scores of the same shape"):
        relativistic_average.generator(torch.zeros(3), torch.zeros(3, 1))


@pytest.mark.parametrize("objective", [relativistic_average, relativistic_paired])
def test_a_relativistic_game_is_symmetric(objective: Objective) -> None:
    real, fake = scores(5, torch.float64), scores(6, torch.float64)
    torch.testing.assert_close(objective.generator(fake, real), objective.discriminator(fake, real))


def test_the_paired_form_asks_only_for_differences_within_pairs_of_as_many() -> None:
    real, fake, shift = torch.tensor([1.0, 2.0]), torch.tensor([0.5, 3.0]), torch.tensor([7.0, -4.0])
    for part in (relativistic_paired.discriminator, relativistic_paired.generator):
        torch.testing.assert_close(part(real + shift, fake + shift), part(real, fake))
    for part in (relativistic_paired.discriminator, relativistic_paired.generator):
        with pytest.raises(ValueError, match=r"expected as many of both, got scores"):
            part(torch.zeros(3), torch.zeros(4))


def test_the_relativistic_variant_plays_the_form_that_is_asked_for() -> None:
    assert make("relativistic").objective is relativistic_average
    assert make("relativistic", form="paired").objective is relativistic_paired
    with pytest.raises(LabError, match="expected form to be average or paired, got 'pared': did you mean paired"):
        make("relativistic", form="pared")


def test_k_steps_are_k_batches_for_the_discriminator_and_one_for_the_generator() -> None:
    game = small("gan", points(), discriminator_steps=3)
    seen = {"discriminator": 0, "generator": 0}
    discriminator, generator = game.turns()
    state = start(game, batches(points()), torch.Generator().manual_seed(0))
    for turn, optimizer in zip((discriminator, generator), state.optimizers, strict=True):
        (player,) = turn.players

        def count(*_: object, player: str = player) -> None:
            seen[player] += 1

        optimizer.register_step_post_hook(count)
    train(game, state.batches, 4, rng=state.rng, state=state)
    assert seen == {"discriminator": 12, "generator": 4}
    assert state.images_seen == 4 * 3 * 8


@pytest.mark.parametrize(("name", "fields"), ROWS)
def test_the_fgan_variant_plays_its_row(name: str, fields: dict[str, float]) -> None:
    game = make("fgan", divergence=name, shape=(2,), family="mlp", width=4, latent=3, **fields)
    state = start(game, batches(points()), torch.Generator().manual_seed(0))
    batch = Batch(points(8).images.float())
    loss = game.turns()[1].loss(state.nets, batch, torch.Generator().manual_seed(1))
    fake = state.nets["generator"](torch.randn(8, 3, generator=torch.Generator().manual_seed(1)))
    row = f_divergences.f_divergence(name, **fields)
    expected = -row.activation(state.nets["discriminator"](fake)).mean()
    torch.testing.assert_close(loss, {"generator": expected})


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"divergence": "kll"}, "no f-divergence is called 'kll': did you mean kl"),
        ({"divergence": "alpha", "alpha": 0.0}, "alpha = 0 is only a limit.*choose reverse_kl instead"),
        ({"divergence": "alpha", "alpha": 1.0}, "alpha = 1 is only a limit.*choose kl instead"),
        ({"divergence": "weighted_jensen_shannon", "pi": 0.0}, "pi of the data strictly between 0 and 1, got 0"),
        ({"divergence": "weighted_jensen_shannon", "pi": 1.5}, "pi of the data strictly between 0 and 1, got 1.5"),
    ],
)
def test_the_fgan_variant_refuses_at_once_what_is_no_divergence(fields: dict[str, Any], told: str) -> None:
    for refuse in (lambda: FGAN(**fields), lambda: make("fgan", **fields)):
        with pytest.raises(LabError, match=told) as caught:
            refuse()
        assert "\n" not in str(caught.value)
