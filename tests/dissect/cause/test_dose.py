"""Dose and response on planted units: one unit draws the tree, so one is all the dose there is."""

import json

import pytest
import torch

from dissect import intervene, scale
from dissect.cause.dose import dose_response, doubled
from tests.dissect.glass import NOISE, SKY, TREE, ColourSegmenter, GlassGenerator, latents

LAYER = "stem.glass"
SAMPLE = latents(24)
RANKED = [NOISE, TREE, 7, SKY, 2, 4, 5, 6]


def respond(ranked=RANKED, concept="tree", **options):
    rng = torch.Generator().manual_seed(0)
    return dose_response(GlassGenerator(), LAYER, ranked, concept, SAMPLE, ColourSegmenter(), rng=rng, **options)


@pytest.fixture(scope="module")
def found():
    return respond(chosen=2, random_trials=8)


def test_the_tree_goes_with_the_second_unit_and_the_sky_with_the_fourth(found):
    assert found.counts.doses == (1, 2, 4)
    assert found.counts.removed.mean.tolist() == [0, 1, 1]
    assert found.counts.disturbed.mean[:2].tolist() == [0, 0]
    assert found.counts.disturbed.mean[2] > 0.2
    assert (found.counts.removed.low <= found.counts.removed.mean).all()


def test_random_units_remove_no_tree_unless_they_draw_it(found):
    assert (found.strengths.random_removed.mean == 0).all()  # the tested units, the tree's among them, are left out
    assert found.counts.random_disturbed.high[1] > 0.2  # the sky's is not, while it is not tested


def test_strength_0_changes_nothing_to_the_bit(found):
    assert found.strengths.doses[0] == 0
    for change in (found.strengths.removed, found.strengths.disturbed, found.strengths.random_disturbed):
        assert [change.low[0], change.mean[0], change.high[0]] == [0, 0, 0]
    generator = GlassGenerator()
    with intervene(generator, {LAYER: scale([TREE, SKY], 1 - 0.0)}):
        edited = generator(SAMPLE)
    assert torch.equal(edited, generator(SAMPLE))


def test_more_strength_removes_more_and_full_strength_all(found):
    removed = found.strengths.removed.mean
    assert (removed[1:] >= removed[:-1]).all()
    assert removed[list(found.strengths.doses).index(1.0)] == 1
    # The painter draws where the unit is above a half: a quarter less thins the tree, three quarters remove it.
    assert 0 < removed[1] < 1
    assert removed[3] == 1


def test_the_dose_is_json_and_the_batch_size_does_not_matter(found):
    again = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert again["counts"]["removed"]["mean"] == [0, 1, 1]
    assert again["ranked"] == RANKED
    assert again["images"] == 24
    assert respond(chosen=2, random_trials=8, batch_size=7).to_dict() == found.to_dict()


@pytest.mark.parametrize(("most", "expected"), [(1, [1]), (2, [1, 2]), (3, [1, 2, 3]), (64, [1, 2, 4, 8, 16, 32, 64])])
def test_numbers_of_units_double(most, expected):
    assert doubled(most) == expected


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"concept": "trees"}, "did you mean tree"),
        ({"concept": "sun"}, "none of the 24 images shows 'sun'"),
        ({"ranked": [1, 1, 2]}, "each once"),
        ({"counts": [8]}, "1 to 7 of 8"),
        ({"chosen": -1}, "1 to 7 of 8"),
        ({"chosen": 0}, "1 to 7 of 8"),
        ({"counts": []}, "at least one count, one strength"),
        ({"strengths": []}, "at least one count, one strength"),
        ({"ranked": [0, 9, 1]}, "units 0 to 7"),
    ],
)
def test_mistakes_are_told(options, words):
    with pytest.raises(ValueError, match=words):
        respond(**options)
