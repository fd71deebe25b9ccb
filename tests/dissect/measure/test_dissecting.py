"""A dissection of the glass generator finds what was planted, and the numbers of a slow, independent count."""

import math
from collections.abc import Iterator
from dataclasses import fields

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dissect import Dissection, compare_layers, dissect, record
from tests.dissect.glass import (
    ALWAYS,
    DOOR,
    LABELS,
    NOISE,
    NOT_TREE,
    SKY,
    TREE,
    UNITS,
    UPPER,
    ColourSegmenter,
    GlassGenerator,
    latents,
    shares,
)

LAYER = "stem.glass"
SAMPLE = latents(120)


@pytest.fixture(scope="module")
def found():
    return dissect(GlassGenerator(), LAYER, SAMPLE, ColourSegmenter(), provenance={"seed": "0"})


def enlarged(small: np.ndarray, size: int) -> np.ndarray:
    """Bilinear, pixel centres aligned, borders repeated: written out, in float64."""
    cells = len(small)
    out = np.empty((size, size))
    for row in range(size):
        for column in range(size):
            y, x = (max((at + 0.5) * cells / size - 0.5, 0) for at in (row, column))
            top, left = int(y), int(x)
            below, right = min(top + 1, cells - 1), min(left + 1, cells - 1)
            upper = small[top, left] * (1 - x + left) + small[top, right] * (x - left)
            lower = small[below, left] * (1 - x + left) + small[below, right] * (x - left)
            out[row, column] = upper * (1 - y + top) + lower * (y - top)
    return out


def test_the_planted_units_are_matched_to_what_they_draw_and_no_others(found):
    matched = {match.unit: match.concept for match in found.matched()}
    # Where there is no tree there is grass or sky, which is little to know about either.
    assert matched.pop(NOT_TREE) == "grass"
    assert found.best(NOT_TREE).score < 0.1
    assert matched == {SKY: "sky", TREE: "tree", DOOR: "door", 7: "tree"}
    assert found.units("tree") == [TREE, 7]
    assert found.units("tree", 1) == [TREE]
    assert found.units("sun") == []


def test_a_unit_that_outlines_its_thing_exactly_has_iou_1_and_a_small_thing_is_not_lost(found):
    for unit in (TREE, DOOR):
        match = found.best(unit)
        assert (match.iou, match.score, match.iqr) == pytest.approx((1, 1, 1))
    assert found.share[LABELS.index("door")] < 0.02
    assert found.best(SKY).iou > 0.9  # the tree stands before the sky and hides some of it


def test_chance_is_corrected(found):
    noise = found.best(NOISE)
    assert abs(noise.score) < 0.01
    assert not noise.matched
    assert found.score[NOT_TREE, LABELS.index("tree")] < 0
    assert found.best(ALWAYS).score == 0
    plain = dissect(GlassGenerator(), LAYER, SAMPLE, ColourSegmenter(), levels="iou")
    assert plain.iou[NOISE, LABELS.index("grass")] > 0.4  # what plain best IoU would have called a grass unit


def test_a_unit_that_only_knows_the_usual_place_of_a_thing_is_not_matched(found):
    sky = LABELS.index("sky")
    plain = dissect(GlassGenerator(), LAYER, SAMPLE, ColourSegmenter(), levels="iou")
    assert plain.iou[UPPER, sky] > 0.7
    assert plain.score[UPPER, sky] == pytest.approx(0, abs=1e-9)
    assert not found.best(UPPER).matched


@pytest.mark.parametrize("levels", ["score", "iqr", "iou", 0.05])
def test_the_numbers_are_those_of_a_slow_independent_count(levels):
    generator, segmenter, few = GlassGenerator(), ColourSegmenter(), SAMPLE[:6]
    dissection = dissect(generator, LAYER, few, segmenter, levels=levels)
    with record(generator, [LAYER]) as seen:
        classes = segmenter(generator(few)).numpy()
    size = classes.shape[-1]
    for unit in (SKY, NOISE, TREE, 7):
        maps = np.stack([enlarged(image[unit].double().numpy(), size) for image in seen[LAYER]])
        for concept in range(len(LABELS)):
            on, there = maps > dissection.level[unit, concept], classes == concept
            both, either = (on & there).sum(), (on | there).sum()
            a, p = on.mean(), there.mean()
            iou = both / either if either else 0.0
            elsewhere = np.roll(there, 1, axis=0)  # each image is held against the one before it
            chance = (on & elsewhere).sum() / (on | elsewhere).sum() if either else 0.0
            joint = [(on & there).mean(), (on & ~there).mean(), (~on & there).mean(), (~on & ~there).mean()]
            entropy = [-sum(q * math.log(q) for q in table if q > 0) for table in (joint, (a, 1 - a), (p, 1 - p))]
            iqr = (entropy[1] + entropy[2] - entropy[0]) / entropy[0] if entropy[0] else 0.0
            assert dissection.iou[unit, concept] == pytest.approx(iou, abs=1e-12)
            assert dissection.score[unit, concept] == pytest.approx((iou - chance) / (1 - chance), abs=1e-12)
            assert dissection.iqr[unit, concept] == pytest.approx(iqr, abs=1e-9)
            assert dissection.area[unit, concept] == pytest.approx(a, abs=1e-12)
            assert dissection.share[concept] == pytest.approx(p, abs=1e-12)


def test_each_rule_is_best_at_its_own():
    made = {
        rule: dissect(GlassGenerator(), LAYER, SAMPLE[:40], ColourSegmenter(), levels=rule) for rule in ("score", "iou")
    }
    assert (made["score"].score >= made["iou"].score - 1e-12).all()
    assert (made["iou"].iou >= made["score"].iou - 1e-12).all()
    by_iqr = dissect(GlassGenerator(), LAYER, SAMPLE[:40], ColourSegmenter(), levels="iqr")
    agree = (made["score"].score > 0) & (by_iqr.score > 0)
    assert (by_iqr.iqr[agree] >= made["score"].iqr[agree] - 1e-12).all()


def test_a_fixed_share_cannot_match_a_large_class():
    fixed = dissect(GlassGenerator(), LAYER, SAMPLE, ColourSegmenter(), levels=0.01)
    assert fixed.area[NOISE].max() < 0.01
    assert (fixed.iou[NOISE] <= fixed.area[NOISE] / fixed.share.clip(1e-9) + 1e-12).all()


def same(one: Dissection, other: Dissection) -> None:
    for item in fields(Dissection):
        mine, theirs = getattr(one, item.name), getattr(other, item.name)
        if isinstance(mine, np.ndarray):
            assert np.array_equal(mine, theirs, equal_nan=True), item.name
        elif item.name != "provenance":
            assert mine == theirs, item.name


@pytest.mark.parametrize(
    "settings", [{}, {"criterion": "gandissect"}, {"criterion": "dissect", "upsampling": "nearest"}]
)
def test_the_sample_may_be_cut_in_any_way(settings):
    def pieces() -> Iterator[Tensor]:
        yield from few.split([1, 20, 2, 27])

    few = SAMPLE[:50]
    made = [
        dissect(GlassGenerator(), LAYER, few, ColourSegmenter(), batch_size=size, **settings) for size in (1, 7, 32)
    ]
    made.append(dissect(GlassGenerator(), LAYER, pieces(), ColourSegmenter(), **settings))
    for other in made[1:]:
        same(made[0], other)
    assert other.images == 50


def test_a_fixed_quantile_is_of_all_images():
    dark = SAMPLE.clone()
    dark[:, 3:5] = 0  # no trees and no doors in the first 260 images
    mixed = torch.cat((dark, dark, dark[:20], SAMPLE[:80]))
    dissection = dissect(GlassGenerator(), LAYER, mixed, ColourSegmenter(), criterion="dissect")
    whole = GlassGenerator().stem(mixed)[:, NOISE].flatten()
    assert float((whole > dissection.level[NOISE, 0]).float().mean()) == pytest.approx(0.01, abs=0.001)
    assert dissection.level[7].tolist() == pytest.approx([0.5] * 5)  # the first images alone would have said 0


def test_top_images_are_those_with_the_highest_maxima(found):
    with record(GlassGenerator(), [LAYER]), torch.no_grad():
        maxima = GlassGenerator().stem(SAMPLE).amax(dim=(2, 3)).numpy()  # (N, U)
    for unit in range(UNITS):
        expected = np.argsort(-maxima[:, unit], kind="stable")[:8]
        assert found.top_images[unit].tolist() == expected.tolist()
        assert found.peak[unit].tolist() == maxima[expected, unit].tolist()
    few = dissect(GlassGenerator(), LAYER, SAMPLE[:3], ColourSegmenter(), top=8)
    assert few.top_images.shape == few.peak.shape == (UNITS, 3)


def test_shares_and_typical_activations_are_the_planted_ones(found):
    assert dict(zip(LABELS, found.share, strict=True)) == pytest.approx(shares(GlassGenerator()(SAMPLE)), abs=1e-6)
    assert found.share.sum() == pytest.approx(1)
    tree, door = LABELS.index("tree"), LABELS.index("door")
    assert found.inside[TREE, tree] == pytest.approx(1)
    assert found.outside[TREE, tree] == pytest.approx(0, abs=1e-6)
    assert found.inside[7, door] == pytest.approx(0.2)
    assert found.inside[ALWAYS, : LABELS.index("sun")] == pytest.approx(0.7)
    assert np.isnan(found.inside[:, LABELS.index("sun")]).all()  # there is none
    assert found.high[[SKY, ALWAYS, UPPER]] == pytest.approx((1, 0.7, 1))


def test_several_layers_in_one_pass_are_the_same_as_one_by_one(found):
    asked: list[int] = []

    class Counting(ColourSegmenter):
        def __call__(self, images: Tensor) -> Tensor:
            asked.append(len(images))
            return super().__call__(images)

    both = compare_layers(GlassGenerator(), [LAYER, "painter"], SAMPLE, Counting())
    assert list(both) == [LAYER, "painter"]
    assert sum(asked) == len(SAMPLE)
    assert np.array_equal(both[LAYER].score, found.score)
    assert both["painter"].layer == "painter"
    assert both["painter"].count == 3  # the image itself: red, green, blue


def test_pixels_of_no_class_count_as_none(found):
    class Unsure(ColourSegmenter):
        def __call__(self, images: Tensor) -> Tensor:
            classes = super().__call__(images)
            return torch.where(classes == LABELS.index("sky"), -1, classes)

    unsure = dissect(GlassGenerator(), LAYER, SAMPLE, Unsure())
    sky = LABELS.index("sky")
    assert unsure.share[sky] == 0
    assert (unsure.iou[:, sky] == 0).all()
    others = [k for k in range(len(LABELS)) if k != sky]
    assert np.array_equal(unsure.iou[:, others], found.iou[:, others])


def test_grey_images_are_shown_as_rgb_and_modes_are_restored():
    class Grey(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.unit = nn.Dropout(0.5)  # in training mode it would spoil the picture

        def forward(self, z: Tensor) -> Tensor:
            return self.unit(z)

    class Threshold:
        labels = ("dark", "bright")

        def __call__(self, images: Tensor) -> Tensor:
            assert images.shape[1] == 3
            return (images.mean(1) > 0).long()

    generator = Grey()
    pictures = torch.rand(9, 1, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
    dissection = dissect(generator, "unit", pictures, Threshold())
    assert dissection.iou[0, 1] > 0.95
    assert generator.training
    assert generator.unit.training


@pytest.mark.parametrize("upsampling", ["bilinear", "nearest"])
@pytest.mark.parametrize("levels", ["score", 0.05])
def test_iou_is_bounded_by_the_ratio_of_areas_at_every_level(levels, upsampling):
    dissection = dissect(GlassGenerator(), LAYER, SAMPLE, ColourSegmenter(), levels=levels, upsampling=upsampling)
    a, p = dissection.area, dissection.share
    bound = np.minimum(a, p) / np.maximum(np.maximum(a, p), 1e-12)
    assert (dissection.iou <= bound + 1e-12).all()
    with torch.no_grad():
        maps = GlassGenerator().stem(SAMPLE)
    large = torch.nn.functional.interpolate(maps, size=(32, 32), mode=upsampling).permute(1, 0, 2, 3).flatten(1).numpy()
    for unit in range(UNITS):
        share = p[LABELS.index(dissection.best(unit).concept)]
        for level, iou in zip(dissection.levels[unit], dissection.curves[unit], strict=True):
            area = (large[unit] > level).mean()
            assert iou <= min(area, share) / max(area, share) + 1e-3  # a thousandth: rounding at the very level


def test_the_curve_is_the_iou_of_the_best_concept_and_its_height_is_the_units_own(found):
    plain = dissect(GlassGenerator(), LAYER, SAMPLE, ColourSegmenter(), criterion="best-iou")
    for dissection in (found, plain):
        assert dissection.levels.shape == dissection.curves.shape == (UNITS, 100)
        for unit in range(UNITS):
            match = dissection.best(unit)
            assert match.level in dissection.levels[unit]
            at = dissection.levels[unit].tolist().index(match.level)
            assert dissection.curves[unit, at] == match.iou
    assert plain.curves.max(axis=1).tolist() == [plain.best(unit).iou for unit in range(UNITS)]


class Framed(nn.Module):
    """Units that outline a class at the border of the picture, and the same one in the middle."""

    def __init__(self) -> None:
        super().__init__()
        self.map = nn.Identity()

    def forward(self, z: Tensor) -> Tensor:
        maps = torch.zeros(len(z), 2, 8, 8)
        for i, (side, place) in enumerate(z.tolist()):
            at = int(place * 4)
            maps[i, 0, -2:, :] = float(side > 0.5)  # touches three borders
            maps[i, 1, 2:4, at : at + 2] = 1.0
        large = nn.functional.interpolate(self.map(maps), size=(32, 32), mode="bilinear")
        return (large > 0.5).float()[:, [0, 1, 1]] * 2 - 1


class Two:
    labels = ("border", "middle")

    def __call__(self, images: Tensor) -> Tensor:
        return torch.where(images[:, 0] > 0, 0, torch.where(images[:, 1] > 0, 1, -1))


@pytest.mark.parametrize("upsampling", ["bilinear", "nearest"])
def test_a_class_at_the_border_only_is_not_penalised(upsampling):
    sample = torch.rand(40, 2, generator=torch.Generator().manual_seed(0))
    dissection = dissect(Framed(), "map", sample, Two(), upsampling=upsampling)
    border, middle = dissection.best(0), dissection.best(1)
    assert (border.concept, middle.concept) == ("border", "middle")
    assert border.iou == pytest.approx(1)  # padding with zeros would have dimmed the outermost pixels
    assert border.score == pytest.approx(1)
    assert middle.iou > 0.7


def test_a_pixel_at_the_edge_is_as_bright_as_its_cell():
    flat = torch.ones(3, 1, 4, 4)
    flat[:2] *= torch.tensor([0.0, 2.0]).view(2, 1, 1, 1)

    class All:
        labels = ("dark", "bright")

        def __call__(self, images: Tensor) -> Tensor:
            return (images[:, 0] > 1.5).long()

    class Enlarge(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.unit = nn.Identity()

        def forward(self, z: Tensor) -> Tensor:
            return self.unit(z).repeat_interleave(8, 2).repeat_interleave(8, 3)

    for settings in ({}, {"levels": 0.4}, {"upsampling": "nearest"}):
        dissection = dissect(Enlarge(), "unit", flat, All(), **settings)
        assert dissection.iou[0, 1] == 1


def test_progress_hears_of_every_image():
    heard: list[int] = []
    dissect(GlassGenerator(), LAYER, SAMPLE[:50], ColourSegmenter(), batch_size=20, progress=heard.append)
    assert heard == [20, 40, 50]
    heard.clear()
    dissect(GlassGenerator(), LAYER, SAMPLE[:50], ColourSegmenter(), batch_size=20, levels=0.1, progress=heard.append)
    assert heard == [10, 20, 25, 35, 45, 50]  # once for the level, once to count


class Broken(GlassGenerator):
    """Gives what is planted, and then something else instead of what it should."""

    def __init__(self, result: object) -> None:
        super().__init__()
        self.result = result

    def forward(self, z: Tensor) -> object:
        super().forward(z)
        return self.result


def named(names: tuple[str, ...]) -> ColourSegmenter:
    class Named(ColourSegmenter):
        labels = names

    return Named()


def segmenter_of(answer: object) -> ColourSegmenter:
    class Fixed(ColourSegmenter):
        def __call__(self, images: Tensor) -> Tensor:
            return answer

    return Fixed()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"layer": "stem.glas"}, r"no layer is called 'stem.glas': did you mean stem.glass"),
        ({"layer": "flat"}, r"no layer is called 'flat'.*choose one of stem, stem.glass, painter, attic"),
        ({"latents": SAMPLE[:0]}, "at least one latent"),
        ({"latents": iter([])}, "at least one latent"),
        ({"latents": SAMPLE[:1]}, "at least 2 images"),
        ({"batch_size": 0}, "batch size of at least 1"),
        ({"levels": "best"}, '"score", "iqr", "iou" or a share'),
        ({"levels": 1.5}, "strictly between 0 and 1"),
        ({"levels": "best-iou"}, '"score", "iqr", "iou" or a share'),
        ({"upsampling": "bicubic"}, "no upsampling is called 'bicubic'"),
        ({"layer": "attic"}, "layer 'attic' does not run"),
        ({"top": 0}, "at least 1 top image"),
        ({"generator": Broken(torch.zeros(2, 3))}, r"expected 2 images of shape \(C, H, W\) from the generator"),
        ({"generator": Broken(("image", "latent"))}, "from the generator, got tuple"),
        ({"segmenter": segmenter_of(torch.full((2, 32, 32), 5))}, "0 to 4 .* answered with 5 to 5"),
        ({"segmenter": segmenter_of(torch.zeros(2, 32, 32))}, "integer classes"),
        ({"segmenter": segmenter_of(torch.zeros(1, 32, 32).long())}, "expected 2 maps"),
        (
            {"segmenter": segmenter_of(torch.zeros(2, 16, 32).long())},
            "each of 32 x 32 pixels .* maps of 16 x 32: resize",
        ),
        ({"segmenter": segmenter_of([[0]])}, "a tensor of classes, .* got list"),
        ({"segmenter": named(("sky", "tree", "sky"))}, "labels are names that differ, got sky, tree, sky"),
        ({"segmenter": named(())}, "labels are names that differ, got none"),
    ],
)
def test_mistakes_are_told(change, words):
    chosen = {
        "generator": GlassGenerator(),
        "layer": LAYER,
        "latents": SAMPLE[:2],
        "segmenter": ColourSegmenter(),
    } | change
    with pytest.raises(ValueError, match=words):
        dissect(**chosen)
