"""What a report tells of causes: every number of the sentence stands in the charts below it."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from core_gans.foundation.intervals import Change
from dissect.cause.causal import CausalEffect, causal_effect
from dissect.measure.dissecting import dissect
from dissect.report.charts import signed
from dissect.report.gallery import gather
from dissect.report.stories import Story, stories
from tests.dissect.glass import LABELS, TREE, ColourSegmenter, GlassGenerator, latents

LAYER = "stem.glass"


@pytest.fixture(scope="module")
def effect() -> CausalEffect:
    rng = torch.Generator().manual_seed(0)
    return causal_effect(
        GlassGenerator(), LAYER, [TREE], latents(24), ColourSegmenter(), random_trials=3, concept="tree", rng=rng
    )


def told(effect: CausalEffect) -> Story:
    generator, sample, segmenter = GlassGenerator(), latents(24), ColourSegmenter()
    found = dissect(generator, LAYER, sample, segmenter)
    gallery = gather(generator, LAYER, sample, segmenter, {image: set() for image in range(24)})
    (story,) = stories([effect], generator, found, sample, segmenter, gallery, ["red"] * len(LABELS))
    return story


def planted(effect: CausalEffect, net: dict[str, float], gross: dict[str, float]) -> CausalEffect:
    """The effect with other changes of the other concepts, each give or take a hundredth."""

    def changed(change: Change, by: dict[str, float]) -> Change:
        mean = np.array([by.get(label, change.mean[place]) for place, label in enumerate(LABELS)])
        low = np.array([mean[k] - 0.01 if label in by else change.low[k] for k, label in enumerate(LABELS)])
        high = np.array([mean[k] + 0.01 if label in by else change.high[k] for k, label in enumerate(LABELS)])
        return Change(mean, low, high)

    assert effect.collateral is not None
    beside = replace(effect.collateral, net=changed(effect.collateral.net, net))
    return replace(effect, relative=changed(effect.relative, gross), collateral=beside)


def test_both_numbers_of_another_concept_are_those_of_the_two_charts(effect: CausalEffect) -> None:
    story = told(planted(effect, {"door": -0.68, "sky": -0.02}, {"door": -0.49, "sky": 0.03}))
    net, gross = ({row.label: row.ours for row in chart} for chart in (story.elsewhere, story.removed))
    assert net["door"][0] == pytest.approx(-68)
    assert gross["door"][0] == pytest.approx(-49)
    assert story.text.endswith(
        "Of all others, door changes most surely: −68% (−69 to −67) where there was no tree before (chart Elsewhere), "
        "and −49% in all (chart Removed)."
    )


def test_every_percentage_of_the_sentence_stands_in_a_chart(effect: CausalEffect) -> None:
    story = told(planted(effect, {"door": -0.31}, {"door": -0.07}))
    drawn = {
        signed(value)
        for chart in (story.removed, story.elsewhere)
        for row in chart
        for value in (row.ours[0], row.control[0])
    }
    percentages = re.findall(r"([−+]?[\d.]+)%(?! interval)", story.text)
    assert len(percentages) == 4
    assert set(percentages) <= drawn | {"0"}


def test_a_change_within_its_interval_is_not_told(effect: CausalEffect) -> None:
    story = told(planted(effect, {"door": -0.005, "sky": 0.005}, {}))
    assert story.text.endswith("Elsewhere, no other concept changes by more than its interval.")
