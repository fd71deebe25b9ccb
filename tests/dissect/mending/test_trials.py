"""Trials choose the layer, the strength and the number that were planted."""

from dataclasses import replace

import pytest
import torch

from dissect.mending.frechet import FrechetScorer
from dissect.mending.trials import best_of, try_layers
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

    def stage(what, total):
        return lambda done: heard.append(f"{what}: {done} of {total}")

    trials = try_layers(WithAttic(), ["attic", "stem"], FINDING, CHOOSING, SCORER, by=by, counts=COUNTS, stage=stage)
    other, best = trials
    assert best_of(trials) is best
    assert (other.ranking.layer, best.ranking.layer) == ("attic", "stem")
    assert other.choice.units == ()
    assert "Choosing how many units of stem to ablate: 6 of 6" in heard
    assert set(best.choice.units) == set(BAD)
    assert min(best.choice.distances) < 0.5 * best.choice.distances[0]


def test_a_layer_whose_units_never_vary_gains_nothing_and_stops_no_other():
    class WithDead(WithAttic):
        def __init__(self):
            super().__init__()
            self.dead = torch.nn.Threshold(1e9, 0.5)  # the same everywhere

        def forward(self, z):
            self.dead(self.attic(z))
            return self.painter(self.stem(z))

    dead, best = try_layers(WithDead(), ["dead", "stem"], FINDING, CHOOSING, SCORER)
    assert (dead.choice.order, dead.choice.counts, dead.choice.best) == ((), (0,), 0)
    assert best_of([dead, best]) is best


def test_the_better_strength_does_best_and_of_equals_the_first():
    trials = try_layers(SplatterGenerator(), ["stem"], FINDING, CHOOSING, SCORER, strengths=(0.25, 1.0), counts=(3,))
    assert [trial.choice.strength for trial in trials] == [0.25, 1.0]
    assert best_of(trials) is best_of([*trials, replace(trials[1])]) is trials[1]
    assert trials[0].ranking is trials[1].ranking


def test_marks_on_a_few_images_rank_the_unit_that_made_them():
    bad = FINDING[:40, 5] > THRESHOLD
    (best,) = try_layers(
        SplatterGenerator(), ["stem"], FINDING, CHOOSING, SCORER, by="marks", marks=bad, towards="mean", counts=(1,)
    )
    assert best.choice.units == (BAD[0],)
    assert best.values[BAD[0]] > 0


def test_mistakes_are_told():
    for layers, options, words in (
        ([], {}, "at least one layer"),
        (["stem"], {"strengths": ()}, "one strength"),
        (["stem"], {"by": "marks"}, "mark some images"),
    ):
        with pytest.raises(ValueError, match=words):
            try_layers(SplatterGenerator(), layers, FINDING[:40], CHOOSING[:40], SCORER, **options)
