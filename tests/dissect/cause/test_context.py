"""Insertion by context, planted: door units draw a door in a tree, and nothing in the sky or the grass."""

import json

import numpy as np
import pytest
import torch

from dissect.cause.context import FEWEST, insertion_by_context, places
from tests.dissect.soft import DOOR, LABELS, NOISE, TREE, SoftGlass, SoftSegmenter, latents

SAMPLE = latents(20)


def insertion(units=(DOOR,), **options):
    rng = torch.Generator().manual_seed(0)
    options = {"value": 1.0, **options}
    return insertion_by_context(SoftGlass(), "maps", units, "door", SAMPLE, SoftSegmenter(), rng=rng, **options)


def test_a_door_appears_in_the_tree_and_nowhere_else():
    found = insertion(patch=2)
    assert found.contexts == ("grass", "tree", "sky")
    assert found.places == (20, 20, 20)
    for bound in (found.effect.mean, found.effect.low, found.effect.high):
        assert bound.tolist() == [0, 1, 0]
    assert found.mean("tree") == 1
    assert found.value == (1.0,)


def test_units_that_draw_nothing_put_nothing_anywhere():
    assert insertion(units=[NOISE]).effect.mean.tolist() == [0, 0, 0]


def test_an_impure_place_takes_up_a_part():
    found = insertion(contexts=["grass"], purity=0.4, patch=2)
    assert 0 < found.mean("grass") < 0.6


def test_a_context_that_is_nowhere_has_no_effect_to_tell():
    found = insertion(contexts=["door", "tree"], most=5)
    assert found.places == (0, 5)
    assert np.isnan(found.mean("door"))
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["effect"]["mean"] == [None, 1]
    with pytest.raises(ValueError, match="no context is called 'sky'"):
        found.mean("sky")


def test_too_few_places_are_no_interval():
    found = insertion(contexts=["tree", "sky"], most=FEWEST - 1)
    assert found.places == (FEWEST - 1, FEWEST - 1)
    assert found.effect.mean.tolist() == [1, 0]
    assert np.isnan([found.effect.low, found.effect.high]).all()
    assert "(too few for an interval)" in str(found.effect.of(0))
    assert not np.isnan(insertion(contexts=["tree"], most=FEWEST).effect.low).any()


def test_a_segmenter_of_one_class_has_none_to_put_it_into():
    class TreesAlone:
        labels = ("tree",)

        def __call__(self, images):
            return torch.where(SoftSegmenter()(images) == LABELS.index("tree"), 0, -1)

    with pytest.raises(ValueError, match="nothing but 'tree'"):
        insertion_by_context(SoftGlass(), "maps", [TREE], "tree", SAMPLE, TreesAlone(), value=1, rng=torch.Generator())


def test_places_show_the_class_asked_for_and_lie_inside():
    classes = SoftSegmenter()(SoftGlass()(SAMPLE))
    tree = LABELS.index("tree")
    found = places(classes, tree, (8, 8), 2, 1.0, 12, torch.Generator().manual_seed(1))
    assert len(set(found.images.tolist())) == len(found.images) == 12
    for image, mask in zip(found.images, found.masks, strict=True):
        square = mask[0].repeat_interleave(2, 0).repeat_interleave(2, 1) > 0
        assert square.sum() == 16
        assert (classes[image][square] == tree).all()


def test_progress_counts_pictures_and_insertions():
    heard: list[int] = []
    insertion(contexts=["tree"], batch_size=8, progress=heard.append)
    assert heard == [8, 16, 20, 28, 36, 40]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"units": []}, "at least one unit"),
        ({"contexts": ["skye"]}, "did you mean sky"),
        ({"patch": 9}, "1 to 8 cells"),
        ({"purity": 0}, "a purity above 0"),
        ({"units": [TREE, 9]}, "units 0 to 4"),
    ],
)
def test_mistakes_are_told(options, words):
    with pytest.raises(ValueError, match=words):
        insertion(**options)
