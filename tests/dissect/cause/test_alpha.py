"""Cause told from agreement: a decoy copies the tree's unit and is not used; both agree alike, one of them causes."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from dissect import choose_units, dissect
from dissect.cause.alpha import optimise_alpha
from dissect.cause.attribution import attribution
from dissect.generators import compute_in
from tests.dissect.glass import ColourSegmenter
from tests.dissect.soft import DECOY, DOOR, LABELS, NOISE, SKY, SLOPE, TREE, Maps, SoftGlass, SoftSegmenter, latents

SAMPLE = latents(24)


@pytest.fixture(scope="module")
def dissection():
    return dissect(SoftGlass(), "maps", SAMPLE, SoftSegmenter())


@pytest.fixture(scope="module")
def alpha(dissection):
    return optimise(dissection, updates=200)


def optimise(dissection, concept="tree", **options):
    rng = torch.Generator().manual_seed(0)
    return optimise_alpha(SoftGlass(), dissection, concept, SAMPLE, SoftSegmenter(), batch_size=4, rng=rng, **options)


def test_a_decoy_has_the_same_agreement_and_no_cause(dissection, alpha):
    tree = LABELS.index("tree")
    assert dissection.iou[DECOY, tree] == dissection.iou[TREE, tree]
    assert dissection.score[DECOY, tree] == dissection.score[TREE, tree] > 0.9
    assert alpha.weight[TREE] > 0.9
    assert alpha.weight[[DECOY, NOISE]].max() < 0.02
    assert 0.1 < alpha.weight[SKY] < 0.9  # less sky does make a tree that is set there more likely
    assert alpha.ranked()[0] == TREE


def test_units_are_chosen_by_cause(dissection, alpha):
    assert choose_units(dissection, "tree", 2) == [TREE, DECOY]
    assert choose_units(dissection, "tree", 2, by="iou") == [TREE, DECOY]
    assert choose_units(dissection, "tree", 1, by=alpha.weight) == [TREE]
    assert choose_units(dissection, "tree", 5, by=[0.1, 0.0, 0.7, -1.0, 0.2]) == [SKY, DOOR, TREE]
    with pytest.raises(ValueError, match="one number for each of 5 units"):
        choose_units(dissection, "tree", by=[1.0, 2.0])
    with pytest.raises(ValueError, match='"score", "iou" or one number'):
        choose_units(dissection, "tree", by="cause")


def test_the_effect_rises_to_its_bound(alpha):
    assert len(alpha.effect) == 200
    # Inserted, the tree is almost certain; removed, almost impossible: the effect of a perfect weight is near 1.
    assert 0.8 < alpha.effect[-20:].mean() <= 1
    assert alpha.weight.min() >= 0
    assert alpha.weight.max() <= 1


def test_the_penalty_weighs_cause_against_size(dissection):
    assert optimise(dissection, updates=150, penalty=20.0).weight.max() < 0.3


def test_the_same_seed_gives_the_same_weights_and_nothing_is_left_behind(dissection):
    generator = SoftGlass().train()
    heard: list[int] = []
    runs = [
        optimise_alpha(
            generator,
            dissection,
            "tree",
            SAMPLE,
            SoftSegmenter(),
            updates=5,
            rng=torch.Generator().manual_seed(3),
            progress=heard.append,
        )
        for _ in range(2)
    ]
    assert np.array_equal(runs[0].weight, runs[1].weight)
    assert heard == [1, 2, 3, 4, 5] * 2
    assert generator.training
    assert generator.strength.requires_grad
    assert generator.strength.grad is None


def test_attribution_is_exact_for_what_is_linear():
    found = attribution(SoftGlass(), "maps", "tree", SAMPLE, SoftSegmenter(), batch_size=7)
    # The lead of a tree's pixel over the grass is the slope times what its unit draws, less a constant.
    assert found[TREE] == pytest.approx(SLOPE)
    assert (found[[DECOY, NOISE, SKY, DOOR]] == 0).all()
    sky = attribution(SoftGlass(), "maps", "sky", SAMPLE, SoftSegmenter())
    assert sky[SKY] == pytest.approx(SLOPE)
    assert sky[TREE] == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"concept": "tre"}, "did you mean tree"),
        ({"concept": "door"}, "none of the 24 images shows 'door'"),
        ({"patch": 9}, "1 to 8 cells"),
        ({"updates": 0}, "at least 1 update"),
    ],
)
def test_mistakes_are_told(dissection, options, words):
    with pytest.raises(ValueError, match=words):
        optimise(dissection, **options)


def test_a_segmenter_without_logits_is_told(dissection):
    with pytest.raises(ValueError, match="ColourSegmenter has no logits"):
        optimise_alpha(SoftGlass(), dissection, "tree", SAMPLE, ColourSegmenter(), rng=torch.Generator())
    with pytest.raises(ValueError, match="ColourSegmenter has no logits"):
        attribution(SoftGlass(), "maps", "tree", SAMPLE, ColourSegmenter())
    with pytest.raises(ValueError, match="none of the 24 images shows 'door'"):
        attribution(SoftGlass(), "maps", "door", SAMPLE, SoftSegmenter())
    with pytest.raises(ValueError, match="did you mean tree"):
        attribution(SoftGlass(), "maps", "tee", SAMPLE, SoftSegmenter())


class Chained(nn.Module):
    """SoftGlass whose ``strong`` is followed by a rectifier, in place or not, and drawn from in three channels."""

    def __init__(self, inplace):
        super().__init__()
        self.maps = Maps()
        self.strong = nn.Conv2d(5, 5, 1, bias=False)
        self.strong.weight.data = torch.eye(5)[:, :, None, None]
        self.rectified = nn.ReLU(inplace=inplace)
        self.drawn = nn.Conv2d(5, 3, 1, bias=False)
        self.drawn.weight.data = torch.eye(5)[[TREE, SKY, DOOR]][:, :, None, None]

    def forward(self, latents):
        drawn = self.drawn(self.rectified(self.strong(self.maps(latents).to(self.strong.weight))))
        return F.interpolate(drawn, size=(16, 16), mode="nearest")


def test_a_layer_that_is_changed_in_place_behind_contributes_what_it_does_else():
    found, expected = (
        attribution(Chained(inplace), "strong", "tree", SAMPLE, SoftSegmenter()) for inplace in (True, False)
    )
    assert found.tolist() == expected.tolist()
    assert found.tolist() == [SLOPE, 0, 0, 0, 0]  # the lead of the tree before grass is linear in its unit alone


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_a_generator_in_half_precision_is_optimised_as_another(precision):
    whole, half = Chained(True), Chained(True)
    compute_in(half, precision)
    weights = []
    for generator in (whole, half):
        dissection = dissect(generator, "strong", SAMPLE, SoftSegmenter())
        rng = torch.Generator().manual_seed(0)
        weights.append(
            optimise_alpha(generator, dissection, "tree", SAMPLE, SoftSegmenter(), updates=3, rng=rng).weight
        )
    drawn = [TREE, DECOY, SKY, DOOR]  # the noise is of other seeds where latents are rounded
    assert weights[0][SKY] < weights[0][TREE] == 1
    assert weights[1][drawn] == pytest.approx(weights[0][drawn], abs=1e-3)


def test_logits_of_another_size_are_told(dissection):
    class Coarse(SoftSegmenter):
        def logits(self, images):
            return super().logits(images)[:, :, ::2, ::2]

        def __call__(self, images):
            return super().logits(images).argmax(1)

    with pytest.raises(ValueError, match=r"logits of the shape \(16, 4, 16, 16\)"):
        optimise_alpha(SoftGlass(), dissection, "tree", SAMPLE, Coarse(), rng=torch.Generator())


def test_a_unit_without_effect_falls_by_adam_on_the_penalty_of_its_square(dissection):
    rate, penalty, weight, expected = 0.3, 0.005, 1.0, []
    first = second = 0.0
    for update in (1, 2, 3):  # Kingma and Ba 2015, algorithm 1; the gradient of penalty * a^2 is 2 penalty a
        slope = 2 * penalty * weight
        first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
        weight -= rate * (first / (1 - 0.9**update)) / ((second / (1 - 0.999**update)) ** 0.5 + 1e-8)
        expected.append(weight)
    for updates, wanted in enumerate(expected, start=1):
        found = optimise(dissection, updates=updates, learning_rate=rate, penalty=penalty)
        assert found.weight[DECOY] == pytest.approx(wanted, abs=1e-6)
    assert expected[1] - 0.4 > 1e-3  # |a| in place of a^2 takes the same step every time


def test_a_concept_that_was_not_dissected_has_no_value_to_insert(dissection):
    unseen = replace(dissection, inside=np.full_like(dissection.inside, np.nan))
    with pytest.raises(ValueError, match="the 24 images that were dissected show 'tree' nowhere"):
        optimise(unseen, updates=1)


def test_the_first_update_inserts_the_tree_removes_it_elsewhere_and_stays_at_one(dissection):
    found = optimise(dissection, updates=1, learning_rate=0.3)
    assert found.effect[0] > 0.5  # of the weights that it begins with: the tree's own is 1
    assert found.weight[TREE] == 1  # its slope would take it to 1.3
