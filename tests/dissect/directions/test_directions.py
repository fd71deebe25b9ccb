"""Directions of latents and units: planted axes are found, and moving along them is what it says it is."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dissect.directions import (
    LatentDirection,
    UnitDirection,
    closed_form_directions,
    coactivation,
    first_weights,
    principal_directions,
    principal_units,
)
from dissect.directions.moving import continuous
from tests.dissect.glass import GlassGenerator, latents

D, CELLS = 12, 4
GAINS = torch.tensor([8.0, 5.0, 3.0, 2.0] + [0.1] * (D - 4))


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def rotation(size: int, seed: int) -> Tensor:
    return torch.linalg.qr(drawn(size, size, seed=seed).double())[0].float()


class Stretching(nn.Module):
    """A linear generator that stretches the latents along planted axes, the columns of ``axes``, by ``GAINS``."""

    def __init__(self) -> None:
        super().__init__()
        self.axes = rotation(D, 1)
        self.first = nn.Linear(D, 3 * CELLS * CELLS, bias=True)
        with torch.no_grad():
            self.first.weight.copy_(rotation(3 * CELLS * CELLS, 2)[:, :D] * GAINS @ self.axes.T)
            self.first.bias.copy_(drawn(3 * CELLS * CELLS, seed=3))

    def forward(self, z: Tensor) -> Tensor:
        return self.first(z).view(-1, 3, CELLS, CELLS)


def cosines(found: tuple[LatentDirection, ...], axes: Tensor) -> Tensor:
    return torch.stack([(each.vector.flatten() @ axes[:, k]).abs() for k, each in enumerate(found)])


def test_principal_directions_of_a_linear_generator_are_its_planted_axes():
    made = Stretching()
    found = principal_directions(made, "first", drawn(1500, D, seed=4), count=4, fitted=64)
    assert cosines(found, made.axes).min() > 0.99
    assert torch.stack([each.vector.norm() for each in found]) == pytest.approx(torch.ones(4), abs=1e-5)
    variance = (GAINS**2 / (GAINS**2).sum())[:4]
    assert [each.facts["variance"] for each in found] == pytest.approx(variance.tolist(), abs=0.05)
    assert min(each.facts["linearity"] for each in found) > 0.98


def test_principal_directions_hold_for_latents_of_any_shape_and_do_not_depend_on_the_batches():
    made = Stretching()
    sample = drawn(600, D, seed=4)
    spatial = nn.Sequential(nn.Flatten(), made)
    found = principal_directions(spatial, "1.first", sample.view(-1, D, 1, 1), count=2, fitted=40, batch_size=7)
    assert found[0].vector.shape == (D, 1, 1)
    again = principal_directions(made, "first", sample, count=2, fitted=150)
    assert cosines(found, torch.stack([each.vector for each in again], dim=1)).min() > 0.999


def test_linearity_is_low_where_no_line_follows_the_component():
    class Folding(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fold = nn.Identity()

        def forward(self, z: Tensor) -> Tensor:
            return self.fold(torch.stack([z[:, 0].abs() * 5, z[:, 1], 0 * z[:, 0]], dim=1).view(-1, 3, 1, 1))

    even, straight = principal_directions(Folding(), "fold", drawn(2000, 2, seed=5), count=2)
    assert even.facts["linearity"] < 0.02
    assert straight.facts["linearity"] > 0.99
    assert abs(float(straight.vector[1])) > 0.99


def test_closed_form_directions_are_the_planted_axes_for_every_kind_of_first_layer():
    made = Stretching()
    weight = made.first.weight.detach()  # (outputs, D)
    up = nn.ConvTranspose2d(D, 3, CELLS)
    across = nn.Conv2d(D, weight.shape[0], 1)
    up.weight.data = weight.T.reshape(D, 3, CELLS, CELLS).clone()
    across.weight.data = weight[:, :, None, None].clone()
    flat = closed_form_directions(made, ["first"], (D,), count=4)
    assert cosines(flat, made.axes).min() > 0.9999
    assert [each.facts["gain"] for each in flat] == pytest.approx((GAINS**2 / (GAINS**2).sum())[:4].tolist(), abs=1e-4)
    for layer in (up, across):
        generator = nn.Sequential(nn.Identity(), nn.Sequential(layer))
        found = closed_form_directions(generator, ["1"], (D, 1, 1), count=4)
        assert first_weights(generator) == "1.0"
        assert found[0].vector.shape == (D, 1, 1)
        assert cosines(found, made.axes).min() > 0.9999


def test_stacked_weights_have_the_directions_of_their_sum_of_squares():
    both = nn.ModuleDict({"a": nn.Linear(2, 1, bias=False), "b": nn.Linear(2, 1, bias=False)})
    both["a"].weight.data = torch.tensor([[3.0, 0.0]])
    both["b"].weight.data = torch.tensor([[0.0, 4.0]])
    first, second = closed_form_directions(both, ["a", "b"], (2,), count=2)
    assert first.vector.tolist() == [0, 1]
    assert second.vector.tolist() == [1, 0]
    assert first.facts["gain"] == pytest.approx(16 / 25)


def test_directions_leave_the_class_that_latents_carry():
    made, latents = Stretching(), drawn(40, D, seed=8)
    latents[:, 0] = torch.arange(40) % 3
    latents[:, 1] = 1
    moving = continuous(latents)
    assert moving.tolist() == [False, False] + [True] * (D - 2)
    found = closed_form_directions(made, ["first"], (D,), count=D - 2, moving=moving)
    vectors = torch.stack([each.vector for each in found])
    assert not vectors[:, :2].any()
    assert (vectors @ vectors.T) == pytest.approx(torch.eye(D - 2), abs=1e-5)
    weight = made.first.weight.detach().double()[:, 2:]
    gains = torch.linalg.eigvalsh(weight.T @ weight).flip(0)
    assert [each.facts["gain"] for each in found] == pytest.approx((gains / gains.sum()).tolist(), abs=1e-6)
    assert bool(continuous(torch.ones(3, 2)).all())  # where nothing else is left
    with pytest.raises(ValueError, match=f"1 to {D - 2} directions"):
        closed_form_directions(made, ["first"], (D,), count=D - 1, moving=moving)


def test_both_methods_agree_where_the_first_layer_is_linear():
    made = Stretching()
    read = closed_form_directions(made, ["first"], (D,), count=4)
    seen = principal_directions(made, "first", drawn(1500, D, seed=6), count=4)
    assert cosines(seen, torch.stack([each.vector for each in read], dim=1)).min() > 0.99


def test_a_step_adds_the_direction_and_no_step_changes_nothing():
    made, z = Stretching(), drawn(5, D, seed=7)
    direction = principal_directions(made, "first", drawn(100, D, seed=4), count=1)[0]
    assert torch.equal(direction.images(made, z, 0.0), made(z).detach())
    assert torch.equal(direction.images(made, z, 1.5), made(z + 1.5 * direction.vector).detach())
    there_and_back = direction.moved(direction.moved(z, 2.0), -2.0)
    assert there_and_back == pytest.approx(z, abs=1e-6)


def test_the_first_step_along_the_first_direction_changes_the_picture_most():
    made, z = Stretching(), drawn(5, D, seed=7)
    found = closed_form_directions(made, ["first"], (D,), count=4)
    change = [float((each.images(made, z, 1.0) - made(z)).detach().flatten(1).norm(dim=1).mean()) for each in found]
    assert change == pytest.approx(GAINS[:4].tolist(), rel=1e-4)
    other = found[0].random(torch.Generator().manual_seed(0))
    assert other.vector.norm() == pytest.approx(1, abs=1e-5)
    assert float((other.images(made, z, 1.0) - made(z)).detach().flatten(1).norm(dim=1).mean()) < change[0]


def test_principal_units_are_the_eigenvectors_of_the_cells_and_one_step_is_one_deviation():
    class Mixing(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.maps = nn.Identity()
            self.axes = rotation(3, 8)

        def forward(self, z: Tensor) -> Tensor:
            cells = z.view(-1, 3, 2, 2) * torch.tensor([4.0, 2.0, 1.0])[:, None, None]
            return self.maps(torch.einsum("uk,nkhw->nuhw", self.axes, cells))

    made = Mixing()
    found = principal_units(made, "maps", drawn(2000, D, seed=9), count=3)
    for k, direction in enumerate(found):
        assert abs(float(direction.vector @ made.axes[:, k])) / float(direction.vector.norm()) > 0.995
        assert float(direction.vector.norm()) == pytest.approx([4, 2, 1][k], rel=0.05)
    assert sum(direction.facts["variance"] for direction in found) == pytest.approx(1)
    z = drawn(2, D, seed=3)
    moved = found[0].images(made, z, 2.0)
    assert moved == pytest.approx((made(z) + 2 * found[0].vector[:, None, None]).detach(), abs=1e-6)
    assert torch.equal(found[0].images(made, z, 0.0), made(z))


def test_moments_are_those_of_all_cells_whatever_the_batches():
    made, z = GlassGenerator(), latents(50)
    maps = made.stem(z).double()
    cells = maps.transpose(0, 1).flatten(1).numpy()
    for size in (1, 7, 50):
        found = coactivation(made, "stem.glass", z, batch_size=size)
        assert found.mean.numpy() == pytest.approx(cells.mean(1), abs=1e-12)
        assert found.covariance.numpy() == pytest.approx(np.cov(cells, bias=True), abs=1e-12)
        assert found.maps.numpy() == pytest.approx(maps.mean(0).numpy(), abs=1e-12)
    assert found.images == 50


def test_a_masked_edit_moves_the_units_under_the_mask_alone():
    direction = UnitDirection("up", "stem.glass", torch.arange(8.0))
    mask = torch.zeros(16, 16)
    mask[3, 5] = 1
    before = torch.zeros(1, 8, 16, 16)
    after = direction.edit(2.0, mask)(before)
    assert after[0, :, 3, 5].tolist() == [2.0 * unit for unit in range(8)]
    assert float(after.abs().sum()) == 2.0 * sum(range(8))


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: principal_directions(Stretching(), "furst", drawn(50, D)), "did you mean first"),
        (lambda: principal_directions(Stretching(), "first", drawn(10, D), count=8), "need at least 16 latents"),
        (lambda: principal_directions(Stretching(), "first", drawn(60, D), count=30), "varies in fewer than 30"),
        (lambda: principal_units(GlassGenerator(), "stem.glass", latents(5), count=9), "has 8 units"),
        (lambda: principal_units(GlassGenerator(), "stem.glass", latents(5), count=8), "vary in fewer than 8"),
        (lambda: closed_form_directions(Stretching(), ["furst"], (D,)), "did you mean first"),
        (
            lambda: closed_form_directions(Stretching(), ["first"], (7,), count=2),
            "takes 12 numbers, but a latent has 7: .* themselves, none does, so take principal directions",
        ),
        (
            lambda: closed_form_directions(nn.Sequential(nn.Linear(9, 4), nn.Linear(4, 7)), ["0"], (4,), count=2),
            "takes 9 numbers, but a latent has 4: .* themselves, such as '1'",
        ),
        (lambda: closed_form_directions(Stretching(), ["first"], (D,), count=13), "1 to 12 directions, got 13"),
        (lambda: closed_form_directions(GlassGenerator(), ["attic"], (6,), count=2), "has no weights"),
        (lambda: first_weights(GlassGenerator()), "no Linear, Conv2d or ConvTranspose2d"),
        (lambda: LatentDirection("u", torch.ones(3)).moved(drawn(2, 4), 1.0), "found for another generator"),
    ],
)
def test_what_cannot_be_done_is_said(call, told):
    with pytest.raises(ValueError, match=told):
        call()


def test_broken_activations_are_refused():
    made = Stretching()
    made.first.bias.data[3] = torch.nan
    with pytest.raises(ValueError, match="NaN or infinite"):
        principal_directions(made, "first", drawn(50, D), count=2)
