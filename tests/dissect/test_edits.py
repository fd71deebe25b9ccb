"""Edits are x (1 - a) + r a, on the named units and under the mask, and nowhere else."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dissect import ablate, compose, fill, insert, scale, shift

X = torch.arange(2 * 4 * 4 * 4, dtype=torch.float32).view(2, 4, 4, 4) - 50
LEFT = torch.zeros(4, 4)
LEFT[:, :2] = 1


def test_ablate_insert_and_scale_touch_their_units_alone():
    for edit, expected in ((ablate([1, 3]), torch.zeros(2, 2, 4, 4)), (scale([1, 3], -2.0), X[:, [1, 3]] * -2)):
        edited = edit(X)
        assert torch.equal(edited[:, [1, 3]], expected)
        assert torch.equal(edited[:, [0, 2]], X[:, [0, 2]])
    edited = insert([3, 1], [7.0, 8.0])(X)
    assert edited[:, 3].unique().tolist() == [7.0]
    assert edited[:, 1].unique().tolist() == [8.0]


def test_shift_adds_under_the_mask():
    edited = shift([2, 0], [1.0, -2.0], 0.5 * LEFT)(X)
    assert torch.equal(edited[:, 2], X[:, 2] + 0.5 * LEFT)
    assert torch.equal(edited[:, 0], X[:, 0] - LEFT)
    assert torch.equal(edited[:, [1, 3]], X[:, [1, 3]])
    assert torch.equal(shift([1], 3.0)(X)[:, 1], X[:, 1] + 3)


def test_the_input_is_not_changed_and_gradients_flow():
    x = X.clone().requires_grad_()
    ablate([0], 0.25 * LEFT)(x).sum().backward()
    assert torch.equal(x.detach(), X)
    assert x.grad is not None
    assert torch.equal(x.grad[0, 0], 1 - 0.25 * LEFT)
    assert torch.equal(x.grad[0, 1], torch.ones(4, 4))


@pytest.mark.parametrize("shape", [(4, 4), (2, 4, 4), (2, 1, 4, 4)])
def test_a_mask_limits_the_edit_to_the_bit(shape):
    edited = insert([2], 0.1, LEFT.expand(shape))(X)
    assert torch.equal(edited[:, 2, :, :2], torch.full((2, 4, 2), 0.1))
    assert torch.equal(edited[:, 2, :, 2:], X[:, 2, :, 2:])


def test_each_image_has_its_own_mask():
    edited = ablate([0], torch.stack((LEFT, 1 - LEFT)))(X)
    assert torch.equal(edited[0, 0] != 0, (1 - LEFT).bool() & (X[0, 0] != 0))
    assert torch.equal(edited[1, 0] != 0, LEFT.bool() & (X[1, 0] != 0))


def test_a_mask_of_another_resolution_counts_by_area():
    mask = torch.zeros(8, 8)
    mask[:, :3] = 1  # one and a half of the layer's four columns
    edited = ablate([0], mask)(torch.ones(1, 1, 4, 4))
    assert torch.equal(edited[0, 0], torch.tensor([0.0, 0.5, 1.0, 1.0]).expand(4, 4))


@settings(deadline=None)
@given(st.floats(0, 1), st.floats(-5, 5))
def test_the_mixture_is_the_papers(weight, value):
    edited = insert([0, 2], value, torch.full((4, 4), weight))(X)
    weight32 = torch.tensor(weight, dtype=torch.float32)
    expected = X[:, [0, 2]] * (1 - weight32) + torch.tensor(value, dtype=torch.float32) * weight32
    torch.testing.assert_close(edited[:, [0, 2]], expected)


def test_identities():
    assert torch.equal(scale([0, 1], 1.0)(X), X)
    assert torch.equal(scale([0, 1], 0.0)(X).abs(), ablate([0, 1])(X).abs())
    assert torch.equal(ablate([])(X), X)
    assert torch.equal(compose([])(X), X)
    assert torch.equal(compose([ablate([0]), insert([0], 2.0)])(X), insert([0], 2.0)(X))


def test_half_precision_stays_half_precision():
    assert ablate([0], LEFT)(X.bfloat16()).dtype == torch.bfloat16
    assert insert([0], [1.5], LEFT)(X.half()).dtype == torch.float16
    filled = fill([0], LEFT)(X.bfloat16())
    assert filled.dtype == torch.bfloat16
    torch.testing.assert_close(filled.float(), fill([0], LEFT)(X), atol=0.5, rtol=0.02)


def test_fill_continues_what_surrounds_the_mask():
    x = torch.arange(8.0).view(1, 1, 1, 8).expand(1, 2, 8, 8).clone()  # a ramp along the rows
    x[:, :, 3:5, 3:5] = 100.0
    mask = torch.zeros(8, 8)
    mask[3:5, 3:5] = 1
    filled = fill([0], mask)(x)
    assert torch.equal(filled[:, 1], x[:, 1])
    assert torch.equal(filled[0, 0][mask == 0], x[0, 0][mask == 0])
    inside = filled[0, 0, 3:5, 3:5]
    torch.testing.assert_close(inside.mean(), torch.tensor(3.5))  # by symmetry
    assert bool(((inside > 2.5) & (inside < 4.5)).all())
    assert bool((inside[:, 0] < inside[:, 1]).all())


def test_fill_of_a_constant_is_that_constant_and_a_hole_is_no_source():
    x = torch.full((2, 1, 6, 6), 3.0)
    x[:, :, 2:4, 1:5] = -9.0
    hole, mask = torch.zeros(12, 12), torch.zeros(12, 12)
    hole[4:8, 2:10] = 1
    mask[4:8, 2:6] = 1  # half of the hole
    filled = fill([0], mask, hole)(x)
    torch.testing.assert_close(filled[:, 0, 2:4, 1:3], torch.full((2, 2, 2), 3.0))
    assert torch.equal(filled[:, 0, 2:4, 3:5], x[:, 0, 2:4, 3:5])


def test_fill_without_surroundings_puts_the_given_values():
    filled = fill([1, 0], torch.ones(4, 4), otherwise=[5.0, 6.0])(X)
    assert filled[:, 1].unique().tolist() == [5.0]
    assert filled[:, 0].unique().tolist() == [6.0]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ablate([4])(X), r"units 0 to 3, got \[4\]"),
        (lambda: ablate([-1])(X), r"got \[-1\]"),
        (lambda: ablate([0, 0]), "named twice"),
        (lambda: ablate([0])(X[0]), r"expected a layer of shape \(N, C, H, W\)"),
        (lambda: ablate([0], LEFT * 1.5), "from 0 .* to 1"),
        (lambda: ablate([0], LEFT * float("nan")), "from 0 .* to 1"),
        (lambda: ablate([0], torch.ones(2, 2, 4, 4)), "expected a mask of shape"),
        (lambda: ablate([0], torch.ones(3, 4, 4))(X), "expected one mask or 2"),
        (lambda: insert([0, 1], [1.0, 2.0, 3.0]), "one value or 2"),
        (lambda: shift([0, 1], [1.0]), "one value or 2"),
        (lambda: fill([0, 1], LEFT, otherwise=[1.0]), "one value or 2"),
    ],
)
def test_mistakes_are_told(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_a_filled_cell_is_the_mean_of_its_surroundings_by_the_fourth_power_of_their_distance() -> None:
    row = torch.tensor([8.0, 5.0, -3.0, 0.0]).view(1, 1, 1, 4)
    hole = torch.tensor([[0.0, 1.0, 1.0, 0.0]])
    # from 8 at the distances 1 and 2, from 0 at 2 and 1: 8 / (1 + 1/16) and (8/16) / (1 + 1/16)
    expected = torch.tensor([8, 128 / 17, 8 / 17, 0])
    torch.testing.assert_close(fill([0], hole)(row).flatten(), expected)


def test_a_cell_under_half_a_mask_is_filled_by_half() -> None:
    row = torch.tensor([4.0, 10.0, 4.0]).view(1, 1, 1, 3)
    half = torch.tensor([[0.0, 0.5, 0.0]])
    assert fill([0], half, hole=(half > 0).float())(row).flatten().tolist() == [4, 7, 4]
    assert fill([0], half)(row).flatten().tolist() == [4, 7, 4]  # half a hole is no source either
