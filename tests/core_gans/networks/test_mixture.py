"""Several generators as one."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from core_gans.models import Model, load_model, save_model
from core_gans.networks.mixture import Mixture, uniform_of
from tests.tiny import chance, points, small


class Constant(nn.Module):
    """Answers each latent with one number and the latent's first."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value

    def forward(self, latents: Tensor) -> Tensor:
        return torch.stack([torch.full((len(latents),), self.value), latents[:, 0]], dim=1)


LATENTS = torch.randn(20_000, 8, generator=torch.Generator().manual_seed(0))


def test_each_draws_its_share() -> None:
    samples = Mixture([Constant(0), Constant(1), Constant(2)], [1, 0, 3])(LATENTS)
    assert samples.shape == (20_000, 2)
    assert torch.equal(samples[:, 1], LATENTS[:, 0])  # each sample stands where its latent stood
    drawn = [float((samples[:, 0] == value).float().mean()) for value in range(3)]
    assert drawn == pytest.approx([0.25, 0.0, 0.75], abs=0.012)  # four standard deviations


def test_what_a_generator_draws_is_spread_over_all_latents() -> None:
    samples = Mixture([Constant(0), Constant(1)])(LATENTS)
    for value in (0, 1):
        its = LATENTS[samples[:, 0] == value]
        assert its.mean(0).abs().max() < 0.05
        assert (its.std(0) - 1).abs().max() < 0.05


def test_a_latent_gives_the_same_sample_in_any_company() -> None:
    mixture = Mixture([Constant(0), Constant(1)], [0.3, 0.7])
    together = mixture(LATENTS[:64])
    assert torch.equal(torch.cat([mixture(part) for part in LATENTS[:64].split(1)]), together)
    assert torch.equal(mixture(LATENTS[:64].flip(0)).flip(0), together)
    assert mixture(LATENTS[:0]).shape == (0, 2)


@pytest.mark.parametrize("width", [1, 2, 100])
def test_the_hash_is_uniform(width: int) -> None:
    numbers = uniform_of(torch.rand(8_000, width, generator=chance()) * 2 - 1).sort().values
    assert 0 <= numbers[0] <= numbers[-1] < 1
    steps = torch.arange(1, 8_001) / 8_000
    assert float((numbers - steps).abs().max()) < 1.95 / 8_000**0.5  # Kolmogorov-Smirnov at 0.001


@pytest.mark.parametrize("shares", [[1.0], [0.0, 0.0], [-1.0, 2.0], [float("nan"), 1.0]])
def test_shares_that_are_none_are_refused(shares: list[float]) -> None:
    with pytest.raises(ValueError, match="expected 2 shares from 0 on, not all 0"):
        Mixture([Constant(0), Constant(1)], shares)


def test_a_mixture_is_saved_as_one_model(tmp_path: Path) -> None:
    game = small("gan", points())
    nets = [game.players()["generator"] for _ in range(3)]
    mixture = Mixture(nets, [0.2, 0.5, 0.3]).eval()
    again = load_model(save_model(tmp_path / "mixed.safetensors", Model(mixture, game)))
    assert isinstance(again.net, Mixture)
    latents = torch.randn(40, 3, generator=chance())
    assert torch.equal(again.net(latents), mixture(latents))
