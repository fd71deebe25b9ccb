"""Patching finds the planted carrier: one layer, one place; a donor without the thing brings nothing."""

from math import isnan

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dissect.cause.pairs import find_pairs
from dissect.cause.patching import patch_effects, pictures_made
from dissect.cause.regions import EVERYWHERE, OUTSIDE, UNDER, boxes, region_names, regions

LABELS = ("grass", "sky", "wall", "roof")
GRASS, SKY, WALL, ROOF = range(4)


class Maps(nn.Module):
    """Latents to maps (N, 1, 8, 8): what ``draw`` says, cell by cell."""

    def __init__(self, draw):
        super().__init__()
        self.draw = draw

    def forward(self, latents: Tensor) -> Tensor:
        return self.draw(latents)[:, None]


def house(latents: Tensor) -> Tensor:
    """A house of 2 x 2 cells in the place 2,3 of a grid of 4 where the first number is above a half, its roof above."""
    maps = torch.zeros(len(latents), 8, 8)
    maps[:, 2:4, 4:6] = (latents[:, 0] > 0.5).float()[:, None, None]
    maps[:, 2, 4:6] *= 2
    return maps


def sky(latents: Tensor) -> Tensor:
    """The sky: as many rows from above as the second number says."""
    return (torch.arange(8)[None, :, None] < latents[:, 1, None, None]).float().expand(-1, 8, 8)


class Planted(nn.Module):
    """Two layers side by side, ``carrier`` with the house and ``other`` with the sky, and one of numbers, ``mood``."""

    def __init__(self):
        super().__init__()
        self.carrier, self.other, self.mood = Maps(house), Maps(sky), nn.Linear(2, 2)

    def forward(self, latents: Tensor) -> Tensor:
        behind = self.other(latents)[:, 0]
        built = self.carrier(latents)[:, 0]
        classes = torch.where(built > 0, WALL + (built > 1).float(), torch.where(behind > 0, SKY, GRASS))
        return (classes[:, None] + 0 * self.mood(latents).sum()).repeat_interleave(2, 2).repeat_interleave(2, 3)


class ClassSegmenter:
    labels = LABELS

    def __call__(self, images: Tensor) -> Tensor:
        return images[:, 0].long()


GENERATOR = Planted().requires_grad_(False)
WITH, WITHOUT, OTHERS = (torch.tensor([[there, 3.0]]).repeat(6, 1) for there in (1.0, 0.0, 0.25))


def patched(layers=("carrier", "other", ("carrier", "other")), sources=WITH, targets=WITHOUT, donors=OTHERS, **options):
    options = {"concept": "house", "rng": torch.Generator().manual_seed(0)} | options
    return patch_effects(GENERATOR, layers, sources, targets, donors, ClassSegmenter(), **options)


def test_the_planted_layer_and_place_carry_all_and_nothing_else_does():
    found = patched()
    assert len(found.effects) == 3 * 19
    carrying = {(effect.layers, effect.region) for effect in found.effects if effect.carries}
    groups = (("carrier",), ("carrier", "other"))
    assert carrying == {(group, region) for group in groups for region in (UNDER, EVERYWHERE, "2,3")}
    for effect in found.effects:
        expected = float((effect.layers, effect.region) in carrying)
        assert tuple(effect.appeared) == (expected,) * 3
        assert tuple(effect.beyond) == (expected,) * 3
        assert tuple(effect.random_appeared) == (0, 0, 0)
        assert effect.others.value == effect.random_others.value == 0
    planted = np.zeros((4, 4))
    planted[1, 2] = 1
    assert np.array_equal(found.heat("carrier"), planted)
    assert not found.heat("other").any()


def test_part_of_the_thing_appears_from_part_of_its_cells():
    found = patched(["carrier"], grid=8)
    assert found.heat("carrier").sum() == 1
    assert found.of("carrier", "3,5").appeared.value == 0.25
    roof = patched(["carrier"], concept="roof", grid=8)
    assert roof.of("carrier", "3,5").appeared.value == 0.5
    assert roof.of("carrier", "4,5").appeared.value == 0


def test_what_else_changes_is_counted_net_of_what_the_thing_covers():
    higher = WITH + torch.tensor([0.0, 2.0])  # a sky of five rows: two rows of grass become sky
    found = patched(["other", ("carrier", "other")], sources=higher, donors=OTHERS + torch.tensor([0.0, 1.0]))
    alone, together = (found.of(group, EVERYWHERE) for group in ("other", ("carrier", "other")))
    assert (alone.appeared.value, together.appeared.value) == (0, 1)
    assert alone.others.value == pytest.approx(2 * 2 / 8)
    assert alone.random_others.value == pytest.approx(2 * 1 / 8)
    assert together.others.value == pytest.approx(2 * (2 * 8 - 2) / 64)  # two of those cells lie behind the house


def test_intervals_are_over_pairs_and_a_few_pairs_have_none():
    sources = torch.cat([WITH, WITH])
    donors = torch.cat([OTHERS, OTHERS])
    targets = torch.tensor([[0.0, 3.0]]).repeat(12, 1)
    sources[6:, 1] = 8.0  # in half of the pairs all is sky: still the same house
    found = patched(["carrier"], sources, targets, donors, batch_size=5).of("carrier", UNDER)
    assert tuple(found.appeared) == (1, 1, 1)
    mixed = patched(["other"], sources, targets, donors, batch_size=5).of("other", EVERYWHERE)
    assert mixed.others.value == pytest.approx(0.5 * 2 * 5 / 8)
    assert 0 < mixed.others.low < mixed.others.value < mixed.others.high < 2 * 5 / 8
    few = patched(["carrier"], WITH[:4], WITHOUT[:4], OTHERS[:4]).of("carrier", UNDER)
    assert few.appeared.value == 1
    assert isnan(few.appeared.low)
    assert not few.carries
    assert few.to_dict()["appeared"] == {"value": 1.0, "low": None, "high": None}


def test_batches_change_nothing_and_progress_hears_of_all_pictures():
    heard = []
    whole, parts = (patched(batch_size=size, progress=heard.append) for size in (32, 4))
    assert whole == parts
    assert heard[-1] == pictures_made(6, 3, 4)


def test_cells_that_the_box_touches_are_under_it():
    shown = torch.zeros(1, 16, 16, dtype=torch.bool)
    shown[0, 5, 3] = shown[0, 9, 8] = True
    assert boxes(shown)[0].nonzero().aminmax(dim=0).min.tolist() == [5, 3]
    assert int(boxes(shown).sum()) == 5 * 6
    cells = dict(zip(region_names(2), regions(shown, (4, 4), 2), strict=True))
    under = torch.zeros(4, 4, dtype=torch.bool)
    under[1:3, 0:3] = True
    assert torch.equal(cells[UNDER][0, 0], under)
    assert torch.equal(cells[OUTSIDE][0, 0], ~under)
    places = torch.stack([cells[f"{row},{column}"] for row in (1, 2) for column in (1, 2)])
    assert bool((places.sum(0) == 1).all())
    assert cells["1,2"][0, 0].nonzero().tolist() == [[0, 2], [0, 3], [1, 2], [1, 3]]


def test_pairs_are_what_they_are_said_to_be():
    latents = torch.rand(60, 2, generator=torch.Generator().manual_seed(1)) * torch.tensor([1.0, 8.0])

    def found(count):
        return find_pairs(
            GENERATOR, latents, ClassSegmenter(), "house", count, rng=torch.Generator().manual_seed(2), batch_size=7
        )

    pairs, most = found(8), found(100)
    assert bool((pairs.sources[:, 0] > 0.5).all())
    assert not bool((torch.cat([pairs.targets, pairs.donors])[:, 0] > 0.5).any())
    assert len(torch.cat([pairs.sources, pairs.targets, pairs.donors]).unique(dim=0)) == 24
    assert len(most) == min(int((latents[:, 0] > 0.5).sum()), int((latents[:, 0] <= 0.5).sum()))
    assert not bool((most.targets == most.donors).all(1).any())


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"concept": "hous"}, "did you mean house"),
        ({"layers": ["carier"]}, "did you mean carrier"),
        ({"layers": []}, "at least one layer"),
        ({"layers": ["carrier", ["carrier"]]}, "none twice"),
        ({"layers": ["mood"]}, r"puts out the shape \(1, 2\), expected \(N, units, height, width\)"),
        ({"grid": 9}, "8 x 8 cells takes a grid of 1 to 8, got 9"),
        ({"targets": WITHOUT[:3]}, r"of one shape \(N, ...\); got \(6, 2\), \(3, 2\), \(6, 2\)"),
        ({"targets": WITH}, "pair 0: the source shows no house where the target does not"),
        ({"donors": torch.cat([OTHERS[:5], WITH[:1]])}, "pair 5: the donor shows house, so it is no control"),
        (dict.fromkeys(("sources", "targets", "donors"), torch.zeros(6, 5)), r"not take latents of shape \(5,\)"),
    ],
)
def test_what_cannot_be_compared_is_said_in_one_line(options, told):
    with pytest.raises(ValueError, match=told) as error:
        patched(**options)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("latents", "count", "told"),
    [
        (WITHOUT, 3, "no pair found: of 6 pictures 0 show house and 6 do not"),
        (WITH, 3, "6 show house and 0 do not"),
        (WITH, 0, "at least 1 pair, got 0"),
    ],
)
def test_where_there_is_no_pair_it_is_said(latents, count, told):
    with pytest.raises(ValueError, match=told):
        find_pairs(GENERATOR, latents, ClassSegmenter(), "house", count, rng=torch.Generator())
