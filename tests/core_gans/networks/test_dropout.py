"""Dropout whose chance is in the network: the same draws from the same buffers, and nothing else touched."""

from pathlib import Path

import pytest
import torch
from torch import nn

from core_gans.networks.dropout import Dropout
from core_gans.runs import checkpoints
from core_gans.training import TrainingState, start, train
from tests.tiny import batches, differences, pictures, small


def dropout(share: float = 0.5, seed: int = 7) -> Dropout:
    layer = Dropout(share)
    layer.seed.fill_(seed)
    return layer


ONES = torch.ones(200, 50)


def test_the_same_seed_and_count_of_draws_give_the_same_mask() -> None:
    one, other = dropout(), dropout()
    first, second = one(ONES), one(ONES)
    assert torch.equal(first, other(ONES))
    assert torch.equal(second, other(ONES))
    assert not torch.equal(first, second)
    assert not torch.equal(first, dropout(seed=8)(ONES))
    again = dropout()
    again.draws.fill_(1)
    assert torch.equal(second, again(ONES))


@pytest.mark.parametrize("seed", [0, 1, 2**63 - 2])
def test_any_seed_and_any_count_of_draws_are_good(seed: int) -> None:
    layer = dropout(seed=seed)
    masks = []
    for draws in (0, 1, 2, 10**6, 2**62):
        layer.draws.fill_(draws)
        masks.append(layer(ONES))
    assert len({mask.numpy().tobytes() for mask in masks}) == 5
    means = torch.stack(masks).mean(dim=(1, 2))
    assert means.tolist() == pytest.approx([1] * 5, abs=0.05)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_the_share_is_dropped_and_the_rest_scaled_up(share: float) -> None:
    dropped = dropout(share)(ONES)
    kept = 1 / (1 - share)
    assert torch.allclose(dropped[dropped > 0], torch.tensor(kept))
    chance = 4 * (share * (1 - share) / ONES.numel()) ** 0.5  # four standard deviations of a fair draw
    assert (dropped == 0).float().mean().item() == pytest.approx(share, abs=chance)
    rows = (dropped == 0).float()
    assert not torch.equal(rows[0], rows[1])  # every sample has its own units dropped
    between = torch.corrcoef(rows)
    assert (between - torch.eye(len(rows))).mean().abs() < 0.01


def test_evaluation_is_the_identity_and_counts_no_draw() -> None:
    layer = dropout().eval()
    x = torch.linspace(-1, 1, 10)
    assert torch.equal(layer(x), x)
    assert int(layer.draws) == 0
    layer.train()(x)
    assert int(layer.draws) == 1
    nothing = dropout(0.0)
    assert torch.equal(nothing(x), x)
    assert int(nothing.draws) == 0


def test_a_state_dict_continues_the_stream() -> None:
    one = nn.Sequential(dropout(0.2), dropout(0.5, seed=9))
    one(ONES)
    other = nn.Sequential(Dropout(0.2), Dropout(0.5))
    other.load_state_dict(one.state_dict())
    for _ in range(3):
        assert torch.equal(one(ONES), other(ONES))


def test_drawing_neither_asks_nor_moves_the_global_random_state() -> None:
    torch.manual_seed(1)
    layer = dropout()
    before = torch.get_rng_state()
    first = layer(ONES)
    assert torch.equal(before, torch.get_rng_state())
    torch.manual_seed(2)
    assert torch.equal(dropout()(ONES), first)


def test_the_seed_of_a_new_layer_comes_from_the_global_state_that_initialises_weights() -> None:
    torch.manual_seed(3)
    one, other = Dropout(), Dropout()
    torch.manual_seed(3)
    assert int(Dropout().seed) == int(one.seed) != int(other.seed)


def test_the_gradient_is_the_mask() -> None:
    x = ONES.clone().requires_grad_()
    y = dropout()(x)
    (slope,) = torch.autograd.grad(y.sum(), x)
    assert torch.equal(slope, y.detach())


def test_bf16_stays_bf16() -> None:
    assert dropout()(ONES.bfloat16()).dtype == torch.bfloat16


@pytest.mark.parametrize("share", [-0.1, 1.0, float("nan")])
def test_a_share_must_leave_something(share: float) -> None:
    with pytest.raises(ValueError, match=r"expected a share to drop in \[0, 1\), got"):
        Dropout(share)


def test_a_gan_with_maxout_and_dropout_resumes_to_the_bit(tmp_path: Path) -> None:
    data = pictures()

    def fresh(seed: int) -> TrainingState:
        game = small("gan", data, family="maxout", discriminator_steps=2)
        return start(game, batches(data), torch.Generator().manual_seed(seed))

    def play(state: TrainingState, rounds: int) -> TrainingState:
        return train(state.game, state.batches, rounds, rng=state.rng, state=state)

    whole, resumed = play(fresh(0), 7), fresh(99)
    layers = [module for module in whole.nets["discriminator"].modules() if isinstance(module, Dropout)]
    assert len(layers) == 3  # the inputs and two hidden layers
    assert all(int(layer.draws) == 7 * (2 * 2 + 1) for layer in layers)  # real and generated, twice, and the fakes
    path = checkpoints.save(tmp_path / "three.safetensors", play(fresh(0), 3).state_dict())
    resumed.load_state_dict(checkpoints.load(path))
    play(resumed, 7)
    assert differences(resumed.state_dict(), whole.state_dict()) == []
