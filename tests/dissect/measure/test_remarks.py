"""What is wrong with a generator, a layer or a segmenter is said in one line, and the rest is kept."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dissect import Criterion, compare_layers, dissect
from dissect.measure.remarks import remarks
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
    Painter,
    latents,
)

SAMPLE = latents(60)


class Broken(GlassGenerator):
    """The glass generator, some of whose cells put out ``value`` in the layer ``spoilt``; the images stay whole."""

    def __init__(self, value: float, units: list[int], images: slice = slice(None), rows: slice = slice(None)) -> None:
        super().__init__()
        self.spoilt, self.flat, self.unused = nn.Identity(), nn.Flatten(), nn.Identity()
        self.value, self.units, self.images, self.rows = value, units, images, rows

    def forward(self, latents: Tensor) -> Tensor:
        maps = self.stem(latents)
        spoilt = maps.clone()
        for unit in self.units:
            spoilt[self.images, unit, self.rows] = self.value
        self.spoilt(spoilt)
        self.flat(maps)
        return self.painter(maps)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("settings", [{}, {"criterion": "dissect"}, {"upsampling": "nearest"}])
def test_broken_units_are_named_and_the_others_are_as_they_were(value, settings):
    whole = dissect(GlassGenerator(), "stem.glass", SAMPLE, ColourSegmenter(), **settings)
    hurt = dissect(Broken(value, [NOISE, DOOR]), "spoilt", SAMPLE, ColourSegmenter(), **settings)
    assert hurt.broken == (NOISE, DOOR)
    assert np.isnan(hurt.high[[NOISE, DOOR]]).all()
    assert (hurt.iou[[NOISE, DOOR]] == 0).all()  # counted as off
    assert (hurt.area[[NOISE, DOOR]] == 0).all()
    others = [unit for unit in range(UNITS) if unit not in (NOISE, DOOR)]
    for name in ("iou", "score", "iqr", "level", "area", "inside", "outside", "high", "peak", "curves"):
        assert np.array_equal(getattr(hurt, name)[others], getattr(whole, name)[others], equal_nan=True), name
    assert any("2 units (1, 5) of layer 'spoilt' put out NaN or infinite" in line for line in remarks(hurt))


def test_a_unit_that_is_broken_at_times_is_off_there_and_counts_elsewhere():
    whole = dissect(GlassGenerator(), "stem.glass", SAMPLE, ColourSegmenter())
    hurt = dissect(Broken(math.nan, [SKY], rows=slice(15, 16)), "spoilt", SAMPLE, ColourSegmenter())
    assert hurt.broken == (SKY,)
    assert hurt.best(SKY).concept == "sky"  # there was no sky in the last row
    assert hurt.best(SKY).iou == whole.best(SKY).iou
    assert np.isfinite(hurt.inside[:, [label != "sun" for label in hurt.labels]]).all()  # there is never a sun


@pytest.mark.parametrize("sizes", [(1, 60), (7, 32)])
def test_broken_units_do_not_depend_on_batches_either(sizes):
    rows = slice(3, 5)
    one, other = (
        dissect(Broken(math.nan, [SKY, NOISE], rows=rows), "spoilt", SAMPLE, ColourSegmenter(), batch_size=size)
        for size in sizes
    )
    for name in ("iou", "level", "inside", "high", "peak", "levels"):
        assert np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True), name


def test_a_layer_of_nothing_but_nan_is_refused():
    with pytest.raises(ValueError, match="layer 'spoilt' puts out NaN or infinite numbers only"):
        dissect(Broken(math.nan, list(range(UNITS))), "spoilt", SAMPLE[:4], ColourSegmenter())


def test_dead_units_are_named_and_never_matched():
    dissection = dissect(GlassGenerator(), "stem.glass", SAMPLE, ColourSegmenter())
    assert dissection.dead == (ALWAYS,)
    assert "1 unit (4) of layer 'stem.glass' never changed: dead, and matched to nothing" in remarks(dissection)
    lenient = dissect(
        GlassGenerator(), "stem.glass", SAMPLE, ColourSegmenter(), criterion=Criterion(iou=0, iqr=0, score=0)
    )
    assert [match.unit for match in lenient.matched()] == [unit for unit in range(UNITS) if unit != ALWAYS]


@pytest.mark.parametrize("layer", ["flat", "unused"])
def test_a_layer_that_cannot_be_dissected_is_left_out_and_the_rest_kept(layer):
    generator, heard = Broken(0.0, []), []
    whole = dissect(GlassGenerator(), "stem.glass", SAMPLE, ColourSegmenter())
    found = compare_layers(generator, [layer, "stem.glass"], SAMPLE, ColourSegmenter(), remark=heard.append)
    assert list(found) == ["stem.glass"]
    assert np.array_equal(found["stem.glass"].score, whole.score)
    assert len(heard) == 1
    assert heard[0].startswith(f"layer '{layer}'")
    assert heard[0].endswith("it is left out")
    with pytest.warns(UserWarning, match=f"layer '{layer}'.*left out"):
        compare_layers(generator, [layer, "stem.glass"], SAMPLE[:4], ColourSegmenter())
    with pytest.raises(ValueError, match=f"layer '{layer}'"):
        dissect(generator, layer, SAMPLE[:4], ColourSegmenter())


def test_the_shape_of_a_layer_without_places_is_told():
    with pytest.raises(
        ValueError, match=r"'flat' puts out the shape \(4, 2048\), expected \(N, units, height, width\)"
    ):
        dissect(Broken(0.0, []), "flat", SAMPLE[:4], ColourSegmenter())


def test_no_match_at_all_is_said_with_what_to_try():
    strict = dissect(GlassGenerator(), "stem.glass", SAMPLE, Nobody(), criterion="gandissect")
    assert strict.matched() == []
    (line,) = [line for line in remarks(strict) if "is matched" in line]
    assert "no unit of layer 'stem.glass' is matched: try" in line
    assert "there were 60" in line
    assert "preset" in line


class Nobody(ColourSegmenter):
    """Sees nothing."""

    labels = LABELS

    def __call__(self, images: Tensor) -> Tensor:
        return super().__call__(images) * 0 - 1


class Noisy(GlassGenerator):
    """Paints in other colours each time."""

    def __init__(self, strength: float) -> None:
        super().__init__()
        self.rng, self.strength = torch.Generator().manual_seed(0), strength
        self.painter = Painter()

    def forward(self, latents: Tensor) -> Tensor:
        images = super().forward(latents)
        return images + self.strength * torch.rand(images.shape, generator=self.rng)


def test_a_generator_that_is_random_at_equal_latents_is_told_and_dissected():
    loud = dissect(Noisy(0.1), "stem.glass", SAMPLE, ColourSegmenter())
    assert loud.unsteady
    assert any("other images at equal latents: fix its noise" in line for line in remarks(loud))
    assert {match.concept for match in loud.matched()} >= {"sky", "tree", "door"}
    quiet = dissect(Noisy(0.0), "stem.glass", SAMPLE, ColourSegmenter())
    assert not quiet.unsteady


def test_where_all_is_well_nothing_is_said():
    dissection = dissect(GlassGenerator(), "stem.glass", SAMPLE, ColourSegmenter())
    assert remarks(dissection) == ["1 unit (4) of layer 'stem.glass' never changed: dead, and matched to nothing"]
    assert {match.unit: match.concept for match in dissection.matched()}[TREE] == "tree"
    assert all("\n" not in line for line in remarks(dissection))
