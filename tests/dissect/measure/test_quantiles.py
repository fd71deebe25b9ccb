"""A sketch of a stream answers like the sorted stream, within a thousandth of its length, and forgets most of it."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dissect.measure.quantiles import SIZE, SMALLEST, Sketch

MILLION = 1_000_000


def coins(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def stream(kind: str) -> np.ndarray:
    drawn = np.random.default_rng(0).standard_normal(MILLION).astype(np.float32)
    ordered = np.sort(drawn)
    folded = np.empty_like(ordered)
    folded[::2], folded[1::2] = ordered[: MILLION // 2], ordered[MILLION // 2 :][::-1]
    made = {
        "shuffled": drawn,
        "ascending": ordered,
        "descending": ordered[::-1],
        "from both ends": folded,
        "sorted in blocks": np.sort(drawn.reshape(-1, 1000), axis=1).ravel(),
        "rectified": drawn.clip(0),
        "ties": np.floor(drawn * 3),
        "constant": np.full(MILLION, 0.7, np.float32),
    }
    return np.ascontiguousarray(made[kind])


def rank_error(values: np.ndarray, found: float, share: float) -> float:
    """How far ``share`` lies from the ranks that the value ``found`` has in the stream."""
    below, upto = (values < found).mean(), (values <= found).mean()
    return max(below - share, share - upto, 0.0)


@pytest.mark.parametrize(
    "kind",
    [
        "shuffled", "ascending", "descending", "from both ends", "sorted in blocks", "rectified", "ties", "constant",
    ],
)  # fmt: skip
def test_a_million_numbers_in_any_order_keep_their_ranks(kind):
    values = stream(kind)
    sketch = Sketch(1, coins())
    for part in torch.from_numpy(values).split(997):
        sketch.add(part[None])
    assert sketch.count == MILLION
    assert sketch.stored() < 4 * SIZE
    for share in (0.001, 0.01, 0.5, 0.9, 0.99, 0.995, 0.999):
        assert rank_error(values, float(sketch.quantile(share)), share) <= 0.001, share
    assert (float(sketch.low), float(sketch.top)) == (values.min(), values.max())


def test_the_error_of_many_coins_is_that_of_the_paper():
    values = torch.rand(200_000, generator=coins(5))
    errors = []
    for seed in range(20):
        sketch = Sketch(1, coins(seed))
        for part in values.split(1000):
            sketch.add(part[None])
        errors.append(float((values <= sketch.quantile(0.99)).double().mean()) - 0.99)
    assert max(map(abs, errors)) <= 0.001
    assert abs(np.mean(errors)) < 3 * np.std(errors) / np.sqrt(len(errors))  # no side is preferred
    assert np.std(errors) > 0


def test_few_numbers_are_kept_as_they_are():
    values = torch.rand(3, SMALLEST, generator=coins(1))
    sketch = Sketch(3, coins())
    for part in values.split(50, dim=1):
        sketch.add(part)
    ordered = values.sort(dim=1).values
    for share in (0.0, 0.25, 0.99, 1.0):
        assert torch.equal(sketch.quantile(share), ordered[:, min(int(share * SMALLEST), SMALLEST - 1)])


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 3000), min_size=1, max_size=8), st.integers(0, 100))
def test_weights_add_up_whatever_the_pieces(lengths, seed):
    rng = coins(seed)
    sketch = Sketch(2, rng, size=512)
    whole = [torch.randn(2, length, generator=rng) for length in lengths]
    for part in whole:
        sketch.add(part)
    values = torch.cat(whole, dim=1)
    assert sketch.count == values.shape[1]
    if sketch.count:
        assert torch.equal(sketch.low, values.amin(1))
        assert torch.equal(sketch.top, values.amax(1))
        assert bool((values == sketch.quantile(0.5)[:, None]).any(dim=1).all())  # a number of the stream


def test_rows_are_sketched_as_if_alone():
    values = torch.randn(4, 20_000, generator=coins(2))
    together = Sketch(4, coins(7))
    alone = [Sketch(1, coins(7)) for _ in range(4)]
    for part in values.split(333, dim=1):
        together.add(part)
        for row, sketch in zip(part, alone, strict=True):
            sketch.add(row[None])
    assert together.quantile(0.9).tolist() == [float(sketch.quantile(0.9)) for sketch in alone]


def test_a_merged_sketch_is_one_of_both_streams():
    rng = np.random.default_rng(3)
    left = rng.standard_normal(300_000).astype(np.float32)
    right = rng.standard_normal(70_000).astype(np.float32) + 4
    first, second = Sketch(1, coins(1)), Sketch(1, coins(2))
    for sketch, values in ((first, left), (second, right)):
        for part in torch.from_numpy(values).split(512):
            sketch.add(part[None])
    kept = second.stored()
    second_before = second.quantile(0.5)
    first.merge(second)
    both = np.concatenate((left, right))
    assert first.count == len(both)
    assert float(first.top) == both.max()
    assert first.stored() < 4 * SIZE
    for share in (0.1, 0.5, 0.8, 0.99):
        assert rank_error(both, float(first.quantile(share)), share) <= 0.001
    assert second.stored() == kept
    assert torch.equal(second.quantile(0.5), second_before)


def test_the_same_coins_give_the_same_answers_and_a_restored_sketch_goes_on_to_the_bit():
    values = torch.randn(3, 30_000, generator=coins(4))
    whole, part, again = Sketch(3, coins(9)), Sketch(3, coins(9)), Sketch(3, coins(123))
    for piece in values.split(700, dim=1):
        whole.add(piece)
    for piece in values[:, :14_000].split(700, dim=1):
        part.add(piece)
    again.restore(part.state())
    for piece in values[:, 14_000:].split(700, dim=1):
        again.add(piece)
    for name, array in whole.state().items():
        assert np.array_equal(again.state()[name], array), name
    other = Sketch(3, coins(10))
    for piece in values.split(700, dim=1):
        other.add(piece)
    assert not np.array_equal(other.state()["kept"], whole.state()["kept"])


def test_mistakes_are_told():
    with pytest.raises(ValueError, match="of no numbers has no quantiles"):
        Sketch(1, coins()).quantile(0.5)
    sketch = Sketch(2, coins())
    with pytest.raises(ValueError, match=r"values of 2 rows, \(rows, n\), got \(3, 4\)"):
        sketch.add(torch.zeros(3, 4))
    sketch.add(torch.zeros(2, 4))
    with pytest.raises(ValueError, match=r"from 0 to 1, got 1\.5"):
        sketch.quantile(1.5)
    with pytest.raises(ValueError, match="got 2 rows of size 4096 and 3 of 4096"):
        sketch.merge(Sketch(3, coins()))
    with pytest.raises(ValueError, match="at least 256 numbers, got 10"):
        Sketch(1, coins(), size=10)


@pytest.mark.parametrize("seed", range(4))
def test_a_coin_that_fell_is_owed_its_other_side(seed):
    sketch = Sketch(1, coins(seed), SMALLEST)
    sketch.add(torch.arange(2.0 * SMALLEST)[None])  # overflows: every other number goes on, from the coin's side
    first = int(sketch.state()["kept"][0, 0])
    assert sketch.state()["kept"][0].tolist() == list(range(first, 2 * SMALLEST, 2))
    assert sketch.state()["coins"][0] == 1 - first
    sketch.add(torch.arange(2.0 * SMALLEST)[None] + 1000)
    second = sketch.state()["kept"][0] - 1000
    assert {int(value) % 2 for value in second if value >= 0} == {1 - first}
    assert sketch.state()["coins"][0] == -1
