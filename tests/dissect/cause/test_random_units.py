"""Random units: as many others, drawn by the generator alone."""

import pytest
import torch

from dissect.cause.random_units import random_units


def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_they_are_as_many_others_and_follow_the_generator():
    drawn = random_units([1, 3], 9, rng())
    assert len(set(drawn)) == 2
    assert not {1, 3} & set(drawn) and set(drawn) <= set(range(9))  # noqa: PT018
    assert drawn == random_units([1, 3], 9, rng())
    others = torch.tensor([0, 2, 4, 5, 6, 7, 8])
    assert drawn == others[torch.randperm(7, generator=rng())[:2]].tolist()  # what reports were made with


def test_where_the_others_are_fewer_all_are_taken():
    assert sorted(random_units([0, 1, 2], 5, rng())) == [3, 4]


def test_every_other_unit_is_drawn_as_often():
    chance, times = rng(), torch.zeros(6)
    for _ in range(600):
        times[random_units([0], 6, chance)] += 1
    assert times[0] == 0
    assert (times[1:] - 120).abs().max() < 40


def test_a_whole_layer_and_foreign_units_are_refused():
    with pytest.raises(ValueError, match="all units of the layer were chosen"):
        random_units([0, 1], 2, rng())
    with pytest.raises(ValueError, match=r"the layer has the units 0 to 1, got \[2\]"):
        random_units([2], 2, rng())
