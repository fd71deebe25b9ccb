"""The means of units inside and outside a concept are the planted ones."""

import numpy as np
import pytest
import torch

from dissect import dissect
from dissect.cause.choosing import with_values
from tests.dissect.glass import ALWAYS, DOOR, LABELS, SKY, TREE, UNITS, ColourSegmenter, GlassGenerator, latents

LAYER = "stem.glass"
TREES, DOORS, SUN = (LABELS.index(name) for name in ("tree", "door", "sun"))


def test_the_means_inside_and_outside_are_the_planted_ones():
    values = dissect(GlassGenerator(), LAYER, latents(40), ColourSegmenter())
    assert values.inside.shape == values.outside.shape == (UNITS, len(LABELS))
    assert values.inside[TREE, TREES] == pytest.approx(1)
    assert values.inside[DOOR, DOORS] == pytest.approx(1)
    assert values.inside[7, DOORS] == pytest.approx(0.2)
    assert values.outside[DOOR, DOORS] == pytest.approx(0, abs=1e-6)
    assert values.inside[ALWAYS, :SUN] == pytest.approx(0.7)
    assert np.isnan(values.inside[:, SUN]).all()  # there is no sun: no number stands for it
    assert np.isfinite(values.outside).all()
    assert values.high[[SKY, TREE, ALWAYS]] == pytest.approx((1, 1, 0.7))


def test_a_half_covered_cell_counts_by_half():
    class Half(ColourSegmenter):
        labels = ("left", "rest")

        def __call__(self, images):
            columns = torch.arange(32).expand(len(images), 32, 32)
            return (columns >= 5).long()  # two and a half of the 16 cells

    class Ramp(torch.nn.Module):
        def forward(self, z):
            self.map(torch.arange(16.0).view(1, 1, 1, 16).expand(len(z), 1, 16, 16))
            return torch.zeros(len(z), 3, 32, 32)

        def __init__(self):
            super().__init__()
            self.map = torch.nn.Identity()

    values = dissect(Ramp(), "map", torch.zeros(2, 1), Half())
    assert values.inside[0, 0] == pytest.approx((0 + 1 + 2 * 0.5) / 2.5)
    assert values.outside[0, 0] == pytest.approx((2 * 0.5 + sum(range(3, 16))) / 13.5)


def test_a_concept_without_an_outside_or_an_inside_makes_no_set_of_units():
    class Everywhere(ColourSegmenter):
        labels = ("all", "nothing")

        def __call__(self, images):
            return torch.zeros(len(images), 32, 32, dtype=torch.int64)

    found = dissect(GlassGenerator(), LAYER, latents(3), Everywhere())
    assert np.isnan(found.outside[:, 0]).all()
    assert np.isfinite(found.inside[:, 0]).all()
    assert np.isnan(found.inside[:, 1]).all()
    for concept in Everywhere.labels:
        with pytest.raises(ValueError, match=f"the 3 images that were dissected show '{concept}' nowhere, or nothing"):
            with_values(found, [TREE], concept)
    assert with_values(dissect(GlassGenerator(), LAYER, latents(40), ColourSegmenter()), [TREE], "tree").present == (
        pytest.approx(1),
    )
