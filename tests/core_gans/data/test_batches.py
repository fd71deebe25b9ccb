"""The stream of batches: every example once an epoch, and a state that is a position."""

import itertools
from collections import Counter

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.utils.data import Dataset, Subset, TensorDataset

from core_gans.data import Batches, Examples
from core_gans.foundation.errors import LabError
from core_gans.game import Batch


class Counting(Dataset[Tensor]):
    """Item i is the tensor [i]."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Tensor:
        return torch.tensor([float(index)])


def order(batches: Batches, count: int) -> list[int]:
    """The indices in the next ``count`` batches of a Counting data set."""
    return [int(x) for batch in itertools.islice(batches, count) for x in batch.real]


@settings(deadline=None, max_examples=30)
@given(count=st.integers(1, 20), size=st.integers(1, 30), seed=st.integers(-(2**63), 2**64))
def test_every_epoch_holds_every_example_once_though_batches_cross_its_ends(count: int, size: int, seed: int) -> None:
    seen = order(Batches(Counting(count), size, seed), count)  # size epochs
    assert len(seen) == count * size
    for epoch in range(size):
        assert sorted(seen[epoch * count : (epoch + 1) * count]) == list(range(count))


def test_epochs_and_seeds_differ_and_the_same_seed_does_not() -> None:
    stream = order(Batches(Counting(50), 50, seed=1), 3)
    epochs = [tuple(stream[start : start + 50]) for start in (0, 50, 100)]
    assert len(set(epochs)) == 3
    assert order(Batches(Counting(50), 50, seed=1), 3) == stream
    assert order(Batches(Counting(50), 50, seed=2), 1) != stream[:50]


@pytest.mark.parametrize("position", [0, 1, 3, 17])
def test_a_position_is_all_that_a_fresh_stream_needs(position: int) -> None:
    old = Batches(Counting(10), 4, seed=3)
    order(old, position)
    state = old.state_dict()
    expected = order(old, 5)
    fresh = Batches(Counting(10), 4, seed=3)
    order(fresh, 7)  # wherever it stood
    fresh.load_state_dict(state)
    assert fresh.position == position
    assert order(fresh, 5) == expected


def test_the_global_random_state_neither_matters_nor_moves() -> None:
    torch.manual_seed(1)
    one = order(Batches(Counting(30), 7), 9)
    before = torch.get_rng_state()
    assert order(Batches(Counting(30), 7), 9) == one
    assert torch.equal(before, torch.get_rng_state())


def test_examples_come_with_their_labels_and_as_floats_from_minus_one_to_one() -> None:
    images = torch.tensor([0, 255, 51], dtype=torch.uint8).view(3, 1, 1, 1)
    batch = next(Batches(Examples("three", images, torch.tensor([7, 8, 9])), 3))
    assert batch.real.dtype == torch.float32
    assert batch.label is not None
    values = [round(value, 6) for value in batch.real.flatten().tolist()]
    assert set(zip(values, batch.label.tolist(), strict=True)) == {(-1.0, 7), (1.0, 8), (-0.6, 9)}
    assert next(Batches(Examples("unlabelled", images), 2)).label is None


class TestAnyTorchDataset:
    images = torch.tensor([0, 255], dtype=torch.uint8).view(2, 1, 1, 1).expand(2, 3, 4, 4)

    def check(self, batch: Batch) -> None:
        assert batch.real.dtype == torch.float32
        assert batch.real.shape == (2, 3, 4, 4)
        assert Counter(batch.real.flatten().tolist()) == {-1.0: 48, 1.0: 48}

    def test_tuples_of_one(self) -> None:
        batch = next(Batches(TensorDataset(self.images), 2))
        self.check(batch)
        assert batch.label is None

    def test_pairs_of_image_and_label(self) -> None:
        batch = next(Batches(TensorDataset(self.images, torch.tensor([3, 4])), 2))
        self.check(batch)
        assert batch.label is not None
        assert batch.label.dtype == torch.int64
        assert {(float(image.max()), int(label)) for image, label in zip(batch.real, batch.label, strict=True)} == {
            (-1.0, 3),
            (1.0, 4),
        }

    def test_bare_tensors_of_bytes(self) -> None:
        images = self.images

        class Bare(Counting):
            def __getitem__(self, index: int) -> Tensor:
                return images[index]

        self.check(next(Batches(Bare(2), 2)))

    def test_doubles_become_floats_and_tokens_stay_whole(self) -> None:
        assert next(Batches(TensorDataset(torch.zeros(4, 2, dtype=torch.float64)), 2)).real.dtype == torch.float32
        tokens = next(Batches(TensorDataset(torch.full((4, 9), 2**30 + 1)), 2)).real
        assert tokens.dtype == torch.int64
        assert tokens.unique().tolist() == [2**30 + 1]

    def test_a_part_of_a_data_set(self) -> None:
        batches = Batches(Subset(Counting(100), [5, 50, 95]), 3)
        assert sorted(order(batches, 1)) == [5, 50, 95]

    def test_what_is_no_tensor_is_refused(self) -> None:
        class Words(Dataset[tuple[str, int]]):
            def __len__(self) -> int:
                return 2

            def __getitem__(self, index: int) -> tuple[str, int]:
                return "cat", index

        with pytest.raises(TypeError, match="expected tensors from the data set, got str: give it a transform"):
            next(Batches(Words(), 2))


def test_empty_data_and_empty_batches_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one example"):
        Batches(Counting(0), 4)
    with pytest.raises(ValueError, match="batch size of at least 1, got 0"):
        Batches(Counting(4), 0)


@pytest.mark.parametrize(
    "other",
    [Batches(Counting(11), 4, 3), Batches(Counting(10), 5, 3), Batches(Counting(10), 4, 4)],
    ids=["data", "size", "seed"],
)
def test_a_position_in_another_stream_is_refused(other: Batches) -> None:
    state = Batches(Counting(10), 4, 3).state_dict()
    with pytest.raises(ValueError, match="give the same data and --batch"):
        other.load_state_dict(state)


class TestTheRangeOfTheFirstBatch:
    """Images in other ranges are found out; what has no range is left alone."""

    @pytest.mark.parametrize(
        ("low", "high", "remedy"),
        [(0, 255, "divide them by 127.5 and subtract 1"), (-2.1, 2.6, "without a mean"), (-1, 1.06, "scale them")],
    )
    @pytest.mark.parametrize("kind", ["examples", "torch"])
    def test_what_is_out_of_range_is_refused(self, low: float, high: float, remedy: str, kind: str) -> None:
        images = torch.linspace(low, high, 4 * 12).view(4, 3, 2, 2)
        data = Examples("far", images) if kind == "examples" else TensorDataset(images)
        with pytest.raises(LabError, match=rf"expected images in \[-1, 1\], got .*{remedy}"):
            next(Batches(data, 4))

    def test_nothing_below_zero_is_a_warning_once(self) -> None:
        batches = Batches(Examples("bright", torch.rand(4, 1, 2, 2)), 4)
        with pytest.warns(UserWarning, match="nothing below 0"):
            next(batches)
        next(batches)

    def test_bytes_points_and_the_usual_range_pass(self) -> None:
        next(Batches(Examples("white", torch.full((4, 1, 2, 2), 255, dtype=torch.uint8)), 4))
        next(Batches(Examples("points", torch.full((4, 2), 300.0)), 4))
        next(Batches(Examples("slack", torch.tensor([-1.05, 1.05]).view(2, 1, 1, 1)), 2))

    def test_whole_numbers_are_no_images(self) -> None:
        with pytest.raises(LabError, match=r"as bytes \(uint8\) or floats in \[-1, 1\], got torch.int64"):
            next(Batches(TensorDataset(torch.zeros(4, 1, 2, 2, dtype=torch.int64)), 4))
