"""Trials choose the layer, the strength and the number that were planted."""

import pytest

from dissect.mending.frechet import FrechetScorer
from dissect.mending.trials import try_layers
from tests.dissect.splatter import BAD, THRESHOLD, SplatterGenerator, Stem, latents, look, real_images

FINDING, CHOOSING = latents(300, 1), latents(300, 2)
SCORER = FrechetScorer(look, look(real_images(800)), "planted")
COUNTS = (1, 2, 3, 4, 6)


class WithAttic(SplatterGenerator):
    """With a layer of which nothing comes."""

    def __init__(self):
        super().__init__()
        self.add_module("attic", Stem())

    def forward(self, z):
        self.attic(z)
        return self.painter(self.stem(z))


@pytest.mark.parametrize("by", ["frechet", "ablation"])
def test_the_planted_layer_strength_and_units_come_first(by):
    heard: list[str] = []
    best, other = try_layers(
        WithAttic(), ["attic", "stem"], FINDING, CHOOSING, SCORER, by=by, counts=COUNTS, told=heard.append
    )
    assert (best.ranking.layer, other.ranking.layer) == ("stem", "attic")
    assert other.units == []
    assert heard[0] == "attic: ranking its 15 units"
    assert set(best.units) == set(BAD)
    assert best.distance == min(best.choice.distances) < 0.5 * best.choice.distances[0]


def test_the_better_strength_comes_first():
    trials = try_layers(SplatterGenerator(), ["stem"], FINDING, CHOOSING, SCORER, strengths=(0.25, 1.0), counts=(3,))
    assert [trial.strength for trial in trials] == [1.0, 0.25]
    assert trials[0].ranking is trials[1].ranking


def test_marks_on_a_few_images_rank_the_unit_that_made_them():
    bad = FINDING[:40, 5] > THRESHOLD
    best, *_ = try_layers(
        SplatterGenerator(), ["stem"], FINDING, CHOOSING, SCORER, by="marks", marks=bad, towards="mean", counts=(1,)
    )
    assert best.units == [BAD[0]]
    assert best.values[BAD[0]] > 0


def test_mistakes_are_told():
    for layers, options, words in (
        ([], {}, "at least one layer"),
        (["stem"], {"strengths": ()}, "one strength"),
        (["stem"], {"by": "marks"}, "mark some images"),
    ):
        with pytest.raises(ValueError, match=words):
            try_layers(SplatterGenerator(), layers, FINDING[:40], CHOOSING[:40], SCORER, **options)
