"""Penalties on discriminators whose gradients are known."""

import math

import pytest
import torch
from torch import Tensor, nn

from core_gans.losses.penalties import clip_weights, gradient_penalty, pulling_away, zero_centred


class Plane(nn.Module):
    """D(x) = w . x: the same gradient everywhere."""

    def __init__(self, *slopes: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(slopes))

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1) @ self.weight


class Bowl(nn.Module):
    """D(x) = |x|^2 / 2, whose gradient is x itself; remembers where it was asked."""

    def forward(self, x: Tensor) -> Tensor:
        self.asked = x.detach()
        return x.flatten(1).square().sum(dim=1) / 2


def pair(*shape: int) -> tuple[Tensor, Tensor]:
    rng = torch.Generator().manual_seed(5)
    return torch.randn(shape, generator=rng), torch.randn(shape, generator=rng)


@pytest.mark.parametrize("shape", [(7, 2), (7, 2, 1, 1), (1, 2), (300, 1, 2, 1)])
def test_gradient_penalty_of_a_slope_of_five_is_sixteen(shape: tuple[int, ...], rng: torch.Generator) -> None:
    assert gradient_penalty(Plane(3.0, 4.0), *pair(*shape), rng).item() == 16
    assert gradient_penalty(Plane(3.0, 4.0), *pair(*shape), rng, target=0).item() == 25


def test_gradient_penalty_is_float32_inside_autocast_and_for_bf16_examples(rng: torch.Generator) -> None:
    real, fake = pair(5, 2)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        penalty = gradient_penalty(Plane(3.003, 4.004), real.bfloat16(), fake.bfloat16(), rng)  # bf16 knows 3 and 4
    assert penalty.dtype == torch.float32
    assert penalty.item() == pytest.approx((5.005 - 1) ** 2, rel=1e-5)


def test_gradient_penalty_of_a_constant_discriminator_is_one_and_its_gradient_finite(rng: torch.Generator) -> None:
    flat = Plane(0.0, 0.0)
    penalty = gradient_penalty(flat, *pair(5, 2), rng)
    assert penalty.item() == 1
    penalty.backward()
    assert flat.weight.grad is not None
    assert flat.weight.grad.isfinite().all()


def test_gradient_penalty_teaches_the_discriminator_and_nobody_else(rng: torch.Generator) -> None:
    plane = Plane(3.0, 4.0)
    real, fake = (x.requires_grad_() for x in pair(6, 2))
    gradient_penalty(plane, real, fake, rng).backward()
    # d/dw (|w| - 1)^2 = 2 (|w| - 1) w / |w|
    torch.testing.assert_close(plane.weight.grad, torch.tensor([8 * 0.6, 8 * 0.8]))
    assert real.grad is None
    assert fake.grad is None


def test_every_sample_has_its_own_place_on_its_own_line(rng: torch.Generator) -> None:
    bowl = Bowl()
    real, fake = pair(200, 3, 2, 2)
    gradient_penalty(bowl, real, fake, rng)
    share = (bowl.asked - fake) / (real - fake)
    assert share.min() >= -1e-3
    assert share.max() <= 1 + 1e-3
    spread = share.flatten(1).amax(1) - share.flatten(1).amin(1)
    of_sample = share.flatten(1).median(dim=1).values
    assert spread.median() < 1e-4  # one share for all pixels of a sample
    assert of_sample.std().item() == pytest.approx(math.sqrt(1 / 12), abs=0.05)  # uniform over [0, 1]


def test_every_sample_has_its_own_norm(rng: torch.Generator) -> None:
    lengths = torch.tensor([0.0, 1.0, 3.0])
    points = torch.stack([lengths, torch.zeros(3)], dim=1)
    # (0 - 1)^2, (1 - 1)^2, (3 - 1)^2; one norm of the whole batch would give (sqrt(10) - 1)^2
    assert gradient_penalty(Bowl(), points, points, rng).item() == pytest.approx(5 / 3)


def test_chance_is_an_argument() -> None:
    before = torch.get_rng_state()
    same = [gradient_penalty(Bowl(), *pair(9, 2), torch.Generator().manual_seed(seed)).item() for seed in (1, 1, 2)]
    assert same[0] == same[1] != same[2]
    assert torch.equal(before, torch.get_rng_state())


def test_zero_centred_penalty_is_half_the_square_of_the_slope() -> None:
    assert zero_centred(Plane(3.0, 4.0), pair(8, 2)[0]).item() == 12.5
    examples = pair(8, 2)[0]
    torch.testing.assert_close(zero_centred(Bowl(), examples), examples.square().sum(dim=1).mean() / 2)


class Crowd(nn.Module):
    """D(x)_i = x_i times the sum of the batch, which couples the samples."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1).sum(dim=1) * x.sum()


def test_coupled_samples_have_the_slope_of_the_sum_of_all_scores(rng: torch.Generator) -> None:
    points = torch.tensor([[1.0], [2.0], [-0.5]])
    # the sum of the scores is S^2 with S = 2.5, and its slope by each sample 2 S = 5
    assert gradient_penalty(Crowd(), points, points, rng).item() == 16
    assert zero_centred(Crowd(), points).item() == 12.5


def test_batch_normalisation_is_refused_while_it_couples(rng: torch.Generator) -> None:
    network = nn.Sequential(nn.BatchNorm1d(2, affine=False, eps=0), Plane(3.0, 4.0))
    for ask in (lambda: gradient_penalty(network, *pair(5, 2), rng), lambda: zero_centred(network, pair(5, 2)[0])):
        with pytest.raises(ValueError, match="batch normalisation couples them: choose"):
            ask()
    assert gradient_penalty(network.eval(), *pair(5, 2), rng).item() == 16


class TestPullingAway:
    def test_orthogonal_codes_cost_nothing(self) -> None:
        assert pulling_away(torch.eye(5, 7) * 3).item() == 0

    def test_parallel_codes_cost_one_whatever_their_sign(self) -> None:
        line = torch.tensor([[1.0, 2.0, -3.0]])
        assert pulling_away(torch.cat([line, 5 * line, -0.1 * line])).item() == pytest.approx(1, abs=1e-6)

    def test_two_codes_cost_the_squared_cosine(self) -> None:
        angle = math.radians(60)
        codes = torch.tensor([[1.0, 0.0], [math.cos(angle), math.sin(angle)]])
        assert pulling_away(codes).item() == pytest.approx(0.25, abs=1e-6)

    def test_the_length_of_a_code_does_not_matter(self) -> None:
        codes, _ = pair(6, 10)
        scales = torch.tensor([1e-3, 0.1, 1.0, 2.0, 30.0, 1e3])[:, None]
        torch.testing.assert_close(pulling_away(codes * scales), pulling_away(codes))

    def test_one_code_has_nothing_to_be_compared_with(self) -> None:
        with pytest.raises(ValueError, match="at least two codes to compare, got 1"):
            pulling_away(torch.ones(1, 4))

    def test_it_is_float32_inside_autocast(self, rng: torch.Generator) -> None:
        codes = torch.randn(2, 64, generator=rng)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            found = pulling_away(codes)
        assert found.dtype == torch.float32
        assert found.item() == pytest.approx(pulling_away(codes.double()).item(), rel=1e-5)


def test_clipping_moves_only_what_lies_outside() -> None:
    plane = Plane(-7.0, -0.01, 0.004, 0.01, 3.0)
    clip_weights(plane, 0.01)
    assert plane.weight.tolist() == pytest.approx([-0.01, -0.01, 0.004, 0.01, 0.01])
    assert plane.weight.requires_grad
