"""LS-GAN and GLS-GAN: the two limits, the margins, and where the hinge is silent."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from core_gans.foundation.errors import LabError
from core_gans.games.loss_sensitive import LossSensitiveGame
from core_gans.losses.objectives import loss_sensitive, wasserstein
from core_gans.variants import GLSGAN, LossSensitiveGAN, make


class Sum(nn.Module):
    """D(x) = the sum of the numbers of x."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1).sum(dim=1)


def pairs(count: int = 40) -> tuple[Tensor, Tensor]:
    rng = torch.Generator().manual_seed(1)
    real, fake = torch.randn(2, count, generator=rng, dtype=torch.float64)
    return real, fake


def both_slopes(loss: Callable[[Tensor, Tensor], Tensor], real: Tensor, fake: Tensor) -> tuple[Tensor, ...]:
    at = real.clone().requires_grad_(), fake.clone().requires_grad_()
    return torch.autograd.grad(loss(*at), at)


def test_slope_zero_is_ls_gan_without_the_reals_own_loss() -> None:
    real, fake = pairs()
    margin = torch.linspace(0, 3, 40, dtype=torch.float64)
    expected = (margin - real + fake).clamp(min=0).mean()
    torch.testing.assert_close(loss_sensitive(margin, 0).discriminator(real, fake), expected)
    examples = tuple(each.view(20, 2) for each in (real, fake))
    ls, gls, other = (
        game.objective_term(Sum(), *examples)
        for game in (LossSensitiveGAN(tau=0.05, mu=0), GLSGAN(tau=0.05, v=0), GLSGAN(tau=0.05, v=0.1))
    )
    assert torch.equal(ls, gls)
    assert not torch.equal(other, gls)


def test_slope_one_has_the_gradient_of_wgan_whatever_the_margins() -> None:
    real, fake = pairs()
    margin = torch.linspace(0, 3, 40, dtype=torch.float64)
    expected = both_slopes(wasserstein.discriminator, real, fake)
    torch.testing.assert_close(both_slopes(loss_sensitive(margin, 1).discriminator, real, fake), expected)
    value = loss_sensitive(margin, 1).discriminator(real, fake)
    torch.testing.assert_close(value, wasserstein.discriminator(real, fake) + margin.mean())


def test_slope_minus_one_is_the_absolute_value() -> None:
    real, fake = pairs()
    torch.testing.assert_close(loss_sensitive(0.7, -1).discriminator(real, fake), (0.7 - real + fake).abs().mean())


@pytest.mark.parametrize("slope", [-3.0, -1.0, 0.0, 0.01, 0.5, 1.0])
def test_the_cost_is_convex_and_never_below_its_argument(slope: float) -> None:
    real, fake = pairs()
    assert loss_sensitive(0.3, slope).discriminator(real, fake) >= (0.3 - real + fake).mean() - 1e-12


def test_the_weight_counts_the_reals_own_loss() -> None:
    real, fake = pairs()
    plain, weighted = loss_sensitive(1.0), loss_sensitive(1.0, weight=2.5)
    expected = plain.discriminator(real, fake) - 2.5 * real.mean()
    torch.testing.assert_close(weighted.discriminator(real, fake), expected)


def test_a_pair_that_keeps_its_margin_teaches_nothing() -> None:
    real, fake = torch.tensor([5.0, 0.5]), torch.tensor([1.0, 0.0])  # 4 above a margin of 1, and 0.5 below it
    of_real, of_fake = both_slopes(loss_sensitive(torch.tensor([1.0, 1.0])).discriminator, real, fake)
    assert of_real.tolist() == [0, -0.5]
    assert of_fake.tolist() == [0, 0.5]
    of_real, _ = both_slopes(loss_sensitive(torch.tensor([1.0, 1.0]), slope=0.25).discriminator, real, fake)
    assert of_real.tolist() == [-0.125, -0.5]


@pytest.mark.parametrize("name", ["ls_gan", "gls_gan"])
def test_margins_are_tau_times_the_distance_of_each_pair(name: str) -> None:
    real = torch.tensor([[[[1.0, -1.0]]], [[[0.5, 0.5]]]])
    fake = torch.tensor([[[[-1.0, 1.0]]], [[[0.25, 0.75]]]])  # same sums, 4 and 0.5 away in L1
    for tau in (0.0, 0.5, 3.0):
        game = make(name, shape=(1, 1, 2), tau=tau)
        assert isinstance(game, LossSensitiveGame)
        term = game.objective_term(Sum(), real, fake)
        own_loss = -game.weight * Sum()(real).mean()
        torch.testing.assert_close(term, tau * torch.tensor([4.0, 0.5]).mean() + own_loss)


def test_the_margin_of_generated_bf16_examples_is_that_of_the_reals_precision() -> None:
    real = torch.full((2, 1000), 1.0)
    term = GLSGAN(tau=1.0, v=0).objective_term(Sum(), real, real.bfloat16() - 1)
    assert term.dtype == torch.float32
    assert term.item() == pytest.approx(1000 - 1000)  # the margin 1000, and the real one's lead of 1000


def test_bad_numbers_are_refused_in_one_line() -> None:
    for bad in (1.5, float("nan")):
        with pytest.raises(ValueError, match="expected a slope v of at most 1, got"):
            loss_sensitive(0.0, bad)
        with pytest.raises(LabError, match="expected a slope v of at most 1, got"):
            GLSGAN(v=bad)
        with pytest.raises(LabError, match="expected a slope v of at most 1, got"):
            make("gls_gan", v=bad)
    for name in ("ls_gan", "gls_gan"):
        with pytest.raises(LabError, match=r"expected a tau of at least 0, got -0\.1: margins are distances"):
            make(name, tau=-0.1)
    with pytest.raises(ValueError, match=r"expected as many real as generated examples, got scores \(3,\) and \(4,\)"):
        loss_sensitive(1.0).discriminator(torch.zeros(3), torch.zeros(4))


def test_the_largest_slope_is_allowed() -> None:
    assert GLSGAN(v=1.0).slope == 1
    assert (GLSGAN().weight, LossSensitiveGAN().slope, LossSensitiveGAN(mu=0.25).weight) == (0, 0, 0.25)
