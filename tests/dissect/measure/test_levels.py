"""Levels lie where they were meant to lie, and the table and the comparison say the same."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dissect.measure.levels import CELLS, Levels, spread
from dissect.measure.quantiles import Sketch, unit_sketch


def sample(kind: str, units: int = 5, count: int = 4000) -> torch.Tensor:
    rng = torch.Generator().manual_seed(3)
    drawn = torch.randn(units, count, generator=rng)
    made = {"normal": drawn, "rectified": drawn.relu(), "shifted": drawn * 1e-3 + 1000, "tailed": drawn.exp() ** 3}
    return made[kind].sort(dim=1).values


def sketched(values: torch.Tensor) -> Sketch:
    """A sketch of the rows of ``values``."""
    made = unit_sketch(len(values))
    made.add(values)
    return made


@pytest.mark.parametrize("kind", ["normal", "rectified", "shifted", "tailed"])
def test_the_table_counts_exactly_the_levels_below(kind):
    ordered = sample(kind)
    levels = Levels.place(sketched(ordered), spread(), even=30)
    at = levels.values.T  # each level itself, and the floats beside it
    activations = torch.cat((ordered.T, at, at.nextafter(at + 1), at.nextafter(at - 1)))
    expected = (activations[:, :, None] > levels.values).sum(2)
    assert torch.equal(levels.below(activations).long(), expected)


@settings(max_examples=50, deadline=None)
@given(st.floats(-1e4, 1e4, width=32), st.floats(2**-10, 1e4, width=32), st.integers(0, 10_000))
def test_the_table_is_exact_for_any_range(low, width, seed):
    rng = torch.Generator().manual_seed(seed)
    ordered = (torch.rand(2, 50, generator=rng) * width + low).sort(dim=1).values
    levels = Levels.place(sketched(ordered), (0.3, 0.05), even=3)
    activations = torch.cat((ordered.T, levels.values.T, torch.zeros(1, 2)))
    assert torch.equal(levels.below(activations).long(), (activations[:, :, None] > levels.values).sum(2))


def test_levels_are_quantiles_to_within_half_a_cell():
    ordered = sample("normal")
    levels = Levels.place(sketched(ordered), (0.5, 0.1, 0.01))
    wanted = sketched(ordered).quantiles([0.5, 0.9, 0.99])
    assert bool(((levels.values - wanted).abs() * levels.per_cell[:, None] < 0.51).all())
    above = (ordered[:, None] > levels.values[:, :, None]).float().mean(2)
    torch.testing.assert_close(above, torch.tensor([0.5, 0.1, 0.01]).expand(5, 3), atol=0.004, rtol=0)


def test_levels_ascend_and_a_rectified_unit_has_one_at_zero():
    levels = Levels.place(sketched(sample("rectified")), spread(), even=30)
    assert levels.values.shape == (5, 100)
    assert bool((levels.values.diff(dim=1) >= 0).all())
    assert levels.values[:, 0].tolist() == [0.0] * 5


@pytest.mark.parametrize("constant", [0.0, 0.1, -7.3])
def test_a_unit_that_does_not_move_is_off_until_it_does(constant):
    levels = Levels.place(sketched(torch.full((1, 100), constant)), spread(), even=30)
    jitter = torch.tensor([constant, constant * (1 + 2e-7), constant * (1 - 2e-7)])[:, None]
    assert levels.below(jitter).tolist() == [[0], [0], [0]]
    assert levels.below(jitter + 0.01).tolist() == [[100], [100], [100]]
    assert bool((levels.values >= jitter).all())
    assert bool((levels.values < jitter + 0.01).all())


def test_spread_reaches_from_small_objects_to_backgrounds():
    shares = spread(40, 30)
    assert len(shares) == 70
    assert shares[0] == pytest.approx(0.001)
    assert shares[-1] == pytest.approx(0.95)
    assert list(shares) == sorted(set(shares))


@pytest.mark.parametrize("kind", ["normal", "rectified", "tailed"])
def test_a_single_level_is_a_quantile_to_the_bit(kind):
    ordered = sample(kind)
    levels = Levels.single(sketched(ordered), 0.01)
    assert torch.equal(levels.values[:, 0], sketched(ordered).quantile(0.99))
    above = (ordered > levels.values).float().mean(1)
    torch.testing.assert_close(above, torch.full((5,), 0.01), atol=0.001, rtol=0)
    assert torch.equal(levels.below(ordered.T), (ordered > levels.values).int().T)


def test_a_single_level_of_a_unit_that_does_not_move_lies_above_it():
    levels = Levels.single(sketched(torch.full((1, 50), 0.3)), 0.5)
    assert levels.below(torch.tensor([[0.3], [0.3 * (1 + 2e-7)], [0.31]])).tolist() == [[0], [0], [1]]


def test_a_share_is_strictly_between_0_and_1():
    with pytest.raises(ValueError, match=r"strictly between 0 and 1, got 1\.0"):
        Levels.place(sketched(sample("normal")), (1.0,))


def test_cells_cover_the_range_of_a_level():
    ordered = sample("normal", units=1)
    levels = Levels.place(sketched(ordered), spread())
    assert float(levels.per_cell * (ordered[:, -1] - ordered[:, 0])) >= CELLS - 1
    with pytest.raises(ValueError, match=r"strictly between 0 and 1, got 0"):
        Levels.single(sketched(ordered), 0)
