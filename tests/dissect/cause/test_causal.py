"""What planted units cause is known: the tree goes with the tree's unit, and with no other."""

import json

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from dissect import causal_effect
from dissect.cause.context import insertion_by_context
from tests.dissect.glass import (
    ALWAYS,
    DOOR,
    LABELS,
    NOISE,
    SKY,
    TREE,
    UNITS,
    ColourSegmenter,
    GlassGenerator,
    latents,
    shares,
)

LAYER = "stem.glass"
SAMPLE = latents(40)
GRASS, SKIES, TREES, DOORS, SUN = range(5)


def effect(units, **options):
    rng = torch.Generator().manual_seed(1)
    return causal_effect(GlassGenerator(), LAYER, units, SAMPLE, ColourSegmenter(), rng=rng, **options)


def test_ablation_removes_the_planted_thing_and_only_it():
    found = effect([TREE])
    assert found.before == pytest.approx(list(shares(GlassGenerator()(SAMPLE)).values()), abs=1e-6)
    assert found.removed("tree") == pytest.approx(1)
    assert found.removed("door") == pytest.approx(0)
    assert np.isnan(found.removed("sun"))
    assert found.ablation.mean[[GRASS, SKIES]].min() > 0  # what stood behind the trees
    assert found.ablation.mean.sum() == pytest.approx(0)


def test_insertion_everywhere_fills_the_picture_and_the_average_causal_effect_is_the_difference():
    found = effect([TREE], value=1.0)
    door = found.before[DOORS]
    assert found.insertion.mean[TREES] + found.before[TREES] == pytest.approx(1 - door)
    assert found.ace.mean == pytest.approx(found.insertion.mean - found.ablation.mean)
    assert found.ace.mean[TREES] > 0.9
    assert found.ace.mean[SKIES] < -0.3


def test_random_units_do_nothing_to_the_tree():
    found = effect([TREE], random_trials=6)
    assert found.random_ablation.mean[TREES] == 0
    assert abs(found.random_ace.mean[TREES]) < 0.05 * found.ace.mean[TREES]
    assert found.random_ablation.low[SKIES] < -0.3  # one of them drew the sky
    assert found.random_trials == 6


def test_units_that_draw_nothing_cause_nothing():
    found = effect([NOISE, ALWAYS], value=1.0)
    for change in (found.ablation, found.insertion, found.ace):
        assert (change.mean == 0).all()
        assert (change.low == 0).all()
        assert (change.high == 0).all()


def test_intervals_hold_the_mean_and_shrink_with_more_images():
    found = effect([SKY])
    assert (found.ablation.low <= found.ablation.mean).all()
    assert (found.ablation.mean <= found.ablation.high).all()
    rng = torch.Generator().manual_seed(1)
    few = causal_effect(GlassGenerator(), LAYER, [SKY], SAMPLE[:6], ColourSegmenter(), rng=rng)
    width = [float((e.ablation.high - e.ablation.low)[SKIES]) for e in (few, found)]
    assert width[0] > width[1] > 0


def test_a_patch_looks_only_where_the_units_were_set():
    found = effect([DOOR], value=1.0, patch=4)
    # Bilinear enlargement keeps a square of 4 cells above one half in its middle; the corners are cut.
    assert found.insertion.mean[DOORS] + found.before[DOORS] > 0.85
    everywhere = effect([DOOR], value=1.0)
    assert everywhere.insertion.mean[DOORS] + everywhere.before[DOORS] == pytest.approx(1)
    assert found.patch == 4


class Fine(nn.Module):
    """Light all over; a pixel is dark where one of its 2 x 2 cells in the first unit of ``fine`` is 0."""

    def __init__(self):
        super().__init__()
        self.fine = nn.Identity()

    def forward(self, z):
        maps = self.fine(torch.ones(len(z), 2, 16, 16))
        return -F.max_pool2d(-maps, 2)[:, :1].expand(-1, 3, -1, -1)


class Lit:
    labels = ("dark", "light")

    def __call__(self, images):
        return (images[:, 0] > 0.5).long()


def test_a_patch_of_a_layer_finer_than_the_picture_is_looked_at():
    rng = torch.Generator().manual_seed(0)
    found = causal_effect(Fine(), "fine", [0], SAMPLE, Lit(), patch=1, rng=rng)
    assert found.before.tolist() == [0, 1]
    assert found.ablation.mean.tolist() == [1, -1]
    put = insertion_by_context(Fine(), "fine", [0], "dark", SAMPLE, Lit(), value=0.0, patch=1, rng=rng)
    assert put.effect.mean.tolist() == [1]


def test_the_same_seed_gives_the_same_numbers_however_the_sample_is_cut():
    one, two = effect([TREE], patch=3, value=1.0), effect([TREE], patch=3, value=1.0, batch_size=7)
    assert one.to_dict() == two.to_dict()


def test_values_are_one_for_each_unit_of_the_layer():
    values = torch.zeros(UNITS)
    values[TREE] = 1.0
    assert effect([TREE], value=values).ace.mean == pytest.approx(effect([TREE], value=1.0).ace.mean)
    assert effect([TREE]).ace.mean[TREES] > 0.9  # the default: the 99th percentile, which is 1 here


def test_to_dict_is_json_and_complete():
    found = effect([TREE])
    again = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert again["units"] == [TREE]
    assert again["labels"] == list(LABELS)
    assert again["ablation"]["mean"] == found.ablation.mean.tolist()
    assert again["random_ace"]["high"] == found.random_ace.high.tolist()
    assert again["images"] == 40


def test_progress_hears_of_every_image_and_training_mode_is_restored():
    heard: list[int] = []
    generator = GlassGenerator().train()
    rng = torch.Generator().manual_seed(0)
    causal_effect(
        generator,
        LAYER,
        [TREE],
        SAMPLE,
        ColourSegmenter(),
        batch_size=16,
        random_trials=1,
        rng=rng,
        progress=heard.append,
    )
    assert heard == [16, 32, 40]
    assert generator.training


@pytest.mark.parametrize(
    ("units", "options", "words"),
    [
        ([], {}, "at least one unit"),
        ([8], {}, r"units 0 to 7, got \[8\]"),
        (list(range(8)), {}, "leave some for the random control"),
        ([TREE], {"random_trials": 0}, "at least 1 random trial"),
        ([TREE], {"patch": 17}, "1 to 16 cells"),
        ([TREE], {"value": [1.0, 2.0]}, "one value or 8"),
    ],
)
def test_mistakes_are_told(units, options, words):
    with pytest.raises(ValueError, match=words):
        effect(units, **options)
