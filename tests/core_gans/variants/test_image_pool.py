"""The pool of generated images: what it hands out is what it was given, once, and it survives a restart to the bit."""

from collections import Counter
from pathlib import Path

import pytest
import torch
from torch import Tensor

from core_gans.games.image_pool import ImagePool
from core_gans.runs import checkpoints
from tests.tiny import chance


def numbered(*numbers: float) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float32)[:, None, None, None].expand(-1, 1, 2, 2).clone()


def numbers(images: Tensor) -> list[float]:
    return images[:, 0, 0, 0].tolist()


def test_until_it_is_full_images_come_back_as_they_went_in() -> None:
    pool = ImagePool(5, (1, 2, 2))
    assert numbers(pool(numbered(1, 2, 3), chance())) == [1, 2, 3]
    assert numbers(pool(numbered(4, 5), chance())) == [4, 5]
    assert numbers(pool.images) == [1, 2, 3, 4, 5]


def test_every_image_leaves_at_most_once_more_and_half_of_them_are_old() -> None:
    pool, rng = ImagePool(50, (1, 2, 2)), chance(1)
    given: list[float] = []
    for begin in range(0, 4000, 4):
        given += numbers(pool(numbered(*range(begin, begin + 4)), rng))
    counts = Counter(given)
    held = numbers(pool.images)
    # an image is handed back at once or kept; the first fifty were both
    assert all(count == 1 or (count == 2 and number < 50) for number, count in counts.items())
    assert Counter(given + held) == Counter([*range(4000), *range(50)])
    old = sum(number < place for place, number in enumerate(given))
    assert old / 4000 == pytest.approx(0.5, abs=0.03)
    # places are chosen evenly, so an exchanged image has waited for 50 exchanges, or 100 images, in the mean
    waited = [place - number for place, number in enumerate(given) if number < place]
    assert sum(waited) / len(waited) == pytest.approx(100, rel=0.15)


def test_a_saved_pool_goes_on_to_the_bit(tmp_path: Path) -> None:
    whole, rng = ImagePool(4, (1, 2, 2)), chance()
    whole(numbered(*range(6)), rng)
    path = checkpoints.save(tmp_path / "pool.safetensors", {"pool": whole.state_dict(), "rng": rng.get_state()})
    saved, again, rng_again = checkpoints.load(path), ImagePool(4, (1, 2, 2)), chance(9)
    again.load_state_dict(saved["pool"])
    rng_again.set_state(saved["rng"])
    for begin in range(10, 40, 3):
        fresh = numbered(begin, begin + 1, begin + 2)
        assert torch.equal(whole(fresh, rng), again(fresh, rng_again))


def test_what_is_handed_out_shares_no_memory_with_the_pool(rng: torch.Generator) -> None:
    pool = ImagePool(1, (1, 2, 2))
    pool(numbered(1), rng)
    for _ in range(8):
        pool(numbered(2), chance(3)).fill_(torch.nan)
    assert pool.images.isfinite().all()


def test_images_that_are_not_finite_are_not_kept() -> None:
    pool, rng = ImagePool(2, (1, 2, 2)), chance()
    for _ in range(9):
        assert numbers(pool(numbered(7, torch.inf), rng)) == [7, torch.inf]
    assert numbers(pool.images) == [7, 7]


def test_no_pool_hands_back_what_it_is_given_and_a_negative_one_is_refused(rng: torch.Generator) -> None:
    fresh = numbered(1, 2)
    assert ImagePool(0, (1, 2, 2))(fresh, rng) is fresh
    with pytest.raises(ValueError, match="expected a pool of 0 or more images, got -1"):
        ImagePool(-1, (1, 2, 2))
