"""Collateral is what changes beside the thing removed: what stood behind it does not count."""

import numpy as np
import pytest
import torch

from dissect import causal_effect
from dissect.cause.collateral import collateral, tally_outside
from tests.dissect.glass import SKY, TREE, ColourSegmenter, GlassGenerator, latents

TREES, SKIES, GRASS = 0, 1, 2
BEFORE = torch.tensor([[[0, 0, 1, 1], [0, 0, 2, 2]]])  # four pixels of tree, two of sky, two of grass


def judged(after: torch.Tensor):
    counts = tally_outside(BEFORE, after, TREES, 3)[None].repeat(3, 1, 1, 1)
    return collateral("tree", counts, torch.Generator().manual_seed(0))


def test_what_stood_behind_is_no_collateral():
    found = judged(torch.tensor([[[1, 1, 1, 1], [1, 2, 2, 2]]]))
    assert found.net.mean[[SKIES, GRASS]].tolist() == [0, 0]
    assert found.lost.mean[[SKIES, GRASS]].tolist() == [0, 0]
    assert found.behind.tolist() == [0, 0.75, 0.25]


def test_one_class_that_becomes_another_is_collateral_of_both():
    found = judged(torch.tensor([[[1, 1, 2, 1], [0, 2, 2, 2]]]))
    assert found.net.mean.tolist() == [0, -0.5, 0.5]
    assert found.lost.mean[[SKIES, GRASS]].tolist() == [-0.5, 0]
    assert np.isnan(found.lost.mean[TREES])
    assert found.behind == pytest.approx([0, 2 / 3, 1 / 3])


def test_trading_places_nets_to_nothing_and_is_still_lost():
    found = judged(torch.tensor([[[1, 1, 2, 2], [1, 2, 1, 1]]]))
    assert found.net.mean[[SKIES, GRASS]].tolist() == [0, 0]
    assert found.lost.mean[[SKIES, GRASS]].tolist() == [-1, -1]


def test_the_concept_that_appears_elsewhere_is_counted():
    assert judged(torch.tensor([[[0, 0, 0, 1], [0, 0, 2, 2]]])).net.mean.tolist() == [0.25, -0.5, 0]


def test_a_class_that_first_appears_has_no_relative_change():
    new = torch.tensor([[[0, 0, 1, 3], [0, 0, 2, 2]]])
    counts = tally_outside(BEFORE, new, TREES, 4)[None].repeat(3, 1, 1, 1)
    found = collateral("tree", counts, torch.Generator().manual_seed(0))
    assert found.net.mean[:3].tolist() == [0, -0.5, 0]
    assert np.isnan([found.net.mean[3], found.random_net.mean[3]]).all()


def test_pixels_of_no_class_are_outside_and_of_no_class():
    before = torch.tensor([[[0, -1], [1, 1]]])
    counts = tally_outside(before, torch.tensor([[[0, 1], [1, -1]]]), TREES, 2)
    assert counts[:, 0].tolist() == [[1, 2], [0, 2], [0, 2], [0, 1], [0, 0]]


def test_planted_trees_vanish_without_collateral_and_the_sky_does_not():
    def measure(unit, concept):
        rng = torch.Generator().manual_seed(1)
        sample = latents(30)
        return causal_effect(
            GlassGenerator(), "stem.glass", [unit], sample, ColourSegmenter(), concept=concept, rng=rng
        )

    labels = ColourSegmenter.labels
    grass, sky, tree, door, sun = (labels.index(name) for name in ("grass", "sky", "tree", "door", "sun"))
    trees = measure(TREE, "tree")
    assert trees.ablation.mean[[grass, sky]].min() > 0  # the raw change: both grow
    for bound in (trees.collateral.net.mean, trees.collateral.net.low, trees.collateral.net.high):
        assert bound[[grass, sky, door]].tolist() == [0, 0, 0]
    assert trees.collateral.behind[[grass, sky]].sum() == pytest.approx(1)
    assert [trees.relative.low[tree], trees.relative.mean[tree], trees.relative.high[tree]] == [-1, -1, -1]
    assert trees.collateral.random_net.low[sky] < -0.5  # one of the random units drew the sky
    said = trees.to_dict()
    assert said["relative"]["mean"][sun] is None
    assert said["collateral"]["lost"]["mean"][tree] is None
    assert measure(SKY, "sky").collateral.behind[grass] == pytest.approx(1)


def test_an_unknown_concept_is_told():
    with pytest.raises(ValueError, match="did you mean tree"):
        causal_effect(
            GlassGenerator(),
            "stem.glass",
            [TREE],
            latents(4),
            ColourSegmenter(),
            concept="tre",
            rng=torch.Generator(),
        )
