"""Paired and unpaired images as data: who goes with whom, who is held out, and in which order they come."""

import pytest
import torch

from core_gans.data import Batches, Examples
from core_gans.data.domains import Domains, together
from core_gans.data.pairs import Pairs, held_out


def numbered(count: int, channels: int = 1, first: int = 0) -> torch.Tensor:
    """Images (count, channels, 2, 2) uint8 that are full of their own number."""
    return (torch.arange(count) + first).byte()[:, None, None, None].expand(-1, channels, 2, 2).clone()


def bytes_of(images: torch.Tensor) -> list[int]:
    return ((images[:, 0, 0, 0] + 1) * 127.5).round().int().tolist()


class TestPairs:
    def test_source_and_target_stay_together_in_every_batch(self) -> None:
        stream = Batches(Pairs("numbers", numbered(10), numbered(10, 3, first=100)), 4, seed=3)
        seen = []
        for _ in range(5):
            batch = next(stream)
            assert batch.other is not None
            assert batch.other.shape == (4, 1, 2, 2)
            assert batch.real.shape == (4, 3, 2, 2)
            assert [each + 100 for each in bytes_of(batch.other)] == bytes_of(batch.real)
            seen += bytes_of(batch.other)
        assert sorted(seen[:10]) == sorted(seen[10:]) == list(range(10))

    def test_the_held_out_tenth_is_always_the_same_and_never_learned_from(self) -> None:
        pairs = Pairs("numbers", numbered(50), numbered(50))
        learned, held = pairs.split()
        assert (len(learned), len(held)) == (45, 5)
        assert sorted(bytes_of(learned.source / 127.5 - 1) + bytes_of(held.source / 127.5 - 1)) == list(range(50))
        assert torch.equal(pairs.split()[1].source, held.source)
        assert [len(part) for part in held_out(9000, "many")] == [8800, 200]
        assert [len(part) for part in held_out(2, "few")] == [1, 1]
        with pytest.raises(ValueError, match="expected at least two images, one of them to be held out, got 1 in one"):
            held_out(1, "one")

    def test_counts_and_sizes_that_differ_are_refused(self) -> None:
        with pytest.raises(ValueError, match="got 3 sources and 4 targets in numbers: leave out what has no partner"):
            Pairs("numbers", numbered(3), numbered(4))
        with pytest.raises(ValueError, match="expected source and target of one size, got 2x2 and 3x2 pixels"):
            Pairs("numbers", numbered(3), torch.zeros(3, 1, 2, 3))
        with pytest.raises(ValueError, match=r"expected the target as images \(N, C, H, W\), got shape \(3, 2\)"):
            Pairs("numbers", numbered(3), torch.zeros(3, 2))


class TestDomains:
    def test_each_domain_has_its_own_epochs_and_permutations(self) -> None:
        stream = Batches(Domains("two", numbered(6), numbered(9, first=100)), 3, seed=1)
        drawn = [next(stream) for _ in range(6)]
        sources = [each for batch in drawn for each in bytes_of(batch.other)]  # type: ignore[arg-type]
        targets = [each - 100 for batch in drawn for each in bytes_of(batch.real)]
        assert sorted(sources[:6]) == sorted(sources[6:12]) == sorted(sources[12:]) == list(range(6))
        assert sorted(targets[:9]) == sorted(targets[9:]) == list(range(9))
        assert sources[:6] != sources[6:12]
        equal = Batches(Domains("twins", numbered(40), numbered(40)), 40)
        batch = next(equal)
        assert bytes_of(batch.other) != bytes_of(batch.real)  # type: ignore[arg-type]

    def test_the_stream_goes_on_exactly_where_it_stood(self) -> None:
        data = Domains("two", numbered(6), numbered(9, first=100))
        whole, again = Batches(data, 4), Batches(data, 4)
        for _ in range(3):
            next(whole)
        again.load_state_dict(whole.state_dict())
        for _ in range(4):
            one, other = next(whole), next(again)
            assert torch.equal(one.real, other.real)
            assert torch.equal(one.other, other.other)  # type: ignore[arg-type]

    def test_counts_may_differ_and_sizes_may_not(self) -> None:
        learned, held = Domains("two", numbered(20), numbered(90)).split()
        assert [len(part) for part in (learned.source, learned.target, held.source, held.target)] == [18, 81, 2, 9]
        with pytest.raises(ValueError, match="expected domains of one size"):
            Domains("two", numbered(3), torch.zeros(3, 1, 4, 4))
        with pytest.raises(ValueError, match="expected the source as images"):
            Domains("two", numbered(0), numbered(3))


class TestTogether:
    def test_the_labels_of_the_second_set_begin_where_those_of_the_first_end(self) -> None:
        first = Examples("ink", numbered(3), torch.tensor([0, 1, 1]), ("red", "blue"))
        second = Examples("paper", numbered(2), torch.tensor([2, 0]), ("white", "grey", "black"))
        both = together(first, second)
        assert both.groups == (2, 3)
        assert both.examples.labels is not None
        assert both.examples.labels.tolist() == [0, 1, 1, 4, 2]
        assert both.examples.classes == ("red", "blue", "white", "grey", "black")
        assert both.examples.name == "ink and paper"

    def test_sets_without_labels_or_of_other_shapes_are_refused(self) -> None:
        labelled = Examples("ink", numbered(3), torch.tensor([0, 1, 1]), ("red", "blue"))
        with pytest.raises(ValueError, match="expected a label with every image, and bare has none"):
            together(labelled, Examples("bare", numbered(3)))
        with pytest.raises(ValueError, match=r"expected images of one shape, got \(1, 2, 2\) in ink and \(3, 2, 2\)"):
            together(labelled, Examples("rgb", numbered(3, 3), torch.zeros(3, dtype=torch.int64), ("one",)))
