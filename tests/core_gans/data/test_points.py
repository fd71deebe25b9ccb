"""The toy mixtures: where their modes are, how the points lie around them, and that chance is an argument."""

import math

import pytest
import torch
from torch import Tensor

from core_gans.data.examples import Examples
from core_gans.data.points import grid, grid_centres, ring, ring_centres


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def offsets(examples: Examples, centres: Tensor) -> Tensor:
    assert examples.labels is not None
    return examples.images - centres[examples.labels]


def test_ring_centres_are_equally_far_from_the_origin_and_from_their_neighbours() -> None:
    centres = ring_centres()
    assert centres.shape == (8, 2)
    torch.testing.assert_close(centres.norm(dim=1), torch.full((8,), 1.414))
    torch.testing.assert_close(centres[0], torch.tensor([1.414, 0.0]))
    torch.testing.assert_close(centres[2], torch.tensor([0.0, 1.414]))  # anticlockwise
    steps = (centres - centres.roll(1, dims=0)).norm(dim=1)
    torch.testing.assert_close(steps, torch.full((8,), 2 * 1.414 * math.sin(math.pi / 8)))


def test_grid_centres_stand_in_rows_around_the_origin() -> None:
    centres = grid_centres()
    assert centres.shape == (25, 2)
    torch.testing.assert_close(centres.mean(dim=0), torch.zeros(2))
    torch.testing.assert_close(centres[0], torch.tensor([-1.414, -1.414]))
    torch.testing.assert_close(centres[1] - centres[0], torch.tensor([0.707, 0.0]))
    torch.testing.assert_close(centres[5] - centres[0], torch.tensor([0.0, 0.707]))


@pytest.mark.parametrize(
    ("examples", "centres", "sigma"),
    [
        (ring(50_000, rng()), ring_centres(), 0.0141),
        (grid(50_000, rng()), grid_centres(), 0.035),
        (ring(50_000, rng(), modes=3, radius=2.0, sigma=0.5), ring_centres(3, 2.0), 0.5),
        (grid(50_000, rng(), side=2, spacing=1.0, sigma=0.1), grid_centres(2, 1.0), 0.1),
    ],
    ids=["ring", "grid", "wide ring", "small grid"],
)
def test_points_are_round_gaussians_of_equal_weight(examples: Examples, centres: Tensor, sigma: float) -> None:
    assert examples.images.shape == (50_000, 2)
    assert examples.images.dtype == torch.float32
    assert examples.labels is not None
    assert examples.labels.dtype == torch.int64
    assert examples.shape == (2,)
    assert len(examples.classes) == len(centres)
    off = offsets(examples, centres)
    error = sigma / math.sqrt(50_000)
    assert off.mean(dim=0).abs().max() < 5 * error
    torch.testing.assert_close(off.T.cov(), sigma**2 * torch.eye(2), rtol=0.05, atol=0.05 * sigma**2)
    share = examples.labels.bincount(minlength=len(centres)) / 50_000
    assert (share * len(centres) - 1).abs().max() < 0.1


def test_the_label_is_the_nearest_mode() -> None:
    examples = grid(2_000, rng(1))
    assert examples.labels is not None
    assert (torch.cdist(examples.images, grid_centres()).argmin(dim=1) == examples.labels).all()


def test_the_generator_decides_and_nothing_else() -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first, again, other = ring(100, rng(1)), ring(100, rng(1)), ring(100, rng(2))
    assert torch.equal(first.images, again.images)
    assert not torch.equal(first.images, other.images)
    assert torch.equal(torch.get_rng_state(), before)


def test_without_spread_every_point_is_a_centre() -> None:
    examples = ring(50, rng(), sigma=0.0)
    assert torch.equal(offsets(examples, ring_centres()), torch.zeros(50, 2))


@pytest.mark.parametrize("make", [lambda: ring(0, rng()), lambda: grid(-3, rng())])
def test_no_points_are_refused(make: object) -> None:
    assert callable(make)
    with pytest.raises(ValueError, match="at least 1 point"):
        make()


def test_impossible_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 1 mode, got 0"):
        ring_centres(0)
    with pytest.raises(ValueError, match="side of at least 1 mode, got 0"):
        grid(10, rng(), side=0)
    with pytest.raises(ValueError, match="sigma >= 0, got nan"):
        ring(10, rng(), sigma=math.nan)
