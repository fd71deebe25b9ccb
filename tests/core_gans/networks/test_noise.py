"""Gaussian noise between layers: its size, its silence in evaluation, and chance of its own."""

import pytest
import torch
from torch import nn

from core_gans.networks.noise import Noise, noisy


def test_it_adds_a_gaussian_of_the_deviation() -> None:
    layer = Noise(0.5)
    added = layer(torch.full((400, 500), 3.0)) - 3
    assert added.mean().item() == pytest.approx(0, abs=0.005)
    assert added.std().item() == pytest.approx(0.5, rel=0.01)
    assert (added.abs() < 0.5).float().mean().item() == pytest.approx(0.6827, abs=0.005)
    assert torch.corrcoef(added[:2])[0, 1].abs() < 0.2  # samples are independent


def test_evaluation_and_no_deviation_leave_everything_as_it_is() -> None:
    x = torch.randn(4, 3)
    for layer in (Noise(0.5).eval(), Noise(0.0)):
        assert torch.equal(layer(x), x)
        assert layer.draws == 0


def test_a_copy_by_its_state_goes_on_with_the_same_noise_and_the_global_state_stays() -> None:
    one, other, x = Noise(1.0), Noise(1.0), torch.zeros(8)
    one(x)
    assert not torch.equal(one(x), other(x))
    other.load_state_dict(one.state_dict())
    before = torch.get_rng_state()
    first = one(x)
    assert torch.equal(first, other(x))
    assert not torch.equal(first, one(x))
    assert torch.equal(torch.get_rng_state(), before)


def test_noise_keeps_the_precision() -> None:
    assert Noise(1.0)(torch.zeros(3, dtype=torch.bfloat16)).dtype == torch.bfloat16


def test_blocks_keep_their_names_and_their_answers_between_the_noises() -> None:
    trunk = nn.Sequential(nn.Linear(3, 4), nn.Tanh())
    found = noisy(trunk, 0.3, 0.5)
    assert [name for name, _ in found.named_children()] == ["noise", "0", "0_noise", "1", "1_noise"]
    x = torch.randn(5, 3)
    assert torch.equal(found.eval()(x), trunk(x))


def test_a_negative_deviation_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected a standard deviation of at least 0, got -1\."):
        Noise(-1.0)
