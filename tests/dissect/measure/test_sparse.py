"""Counting only where a level is passed gives the numbers of upsampling everything and comparing every pixel."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from dissect.measure.classmap import ClassMap
from dissect.measure.levels import Levels, spread
from dissect.measure.quantiles import unit_sketch
from dissect.measure.sparse import above, patched, whole
from dissect.measure.upsampling import UPSAMPLINGS, _groups, view

CONCEPTS = 5


def planted(units: int, cells: tuple[int, int], size: tuple[int, int], seed: int) -> tuple[Tensor, Tensor]:
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(units, *cells, generator=rng), torch.randint(-1, CONCEPTS, size, generator=rng)


def dense(features: Tensor, classes: Tensor, levels: Tensor, mode: str) -> Tensor:
    """Pixels (U, K + 1, L + 1): upsampled by PyTorch, every pixel compared with every level, in plain loops."""
    geometry = {"align_corners": False} if mode == "bilinear" else {}
    large = F.interpolate(features[None], size=classes.shape, mode=mode, **geometry)[0]
    below = (large[:, :, :, None] > levels[:, None, None, :]).sum(3)
    counts = torch.zeros(len(features), CONCEPTS + 1, levels.shape[1] + 1, dtype=torch.int64)
    for kind in range(CONCEPTS + 1):
        there = classes == (kind if kind < CONCEPTS else -1)
        for number in range(levels.shape[1] + 1):
            counts[:, kind, number] = ((below == number) & there).sum((1, 2))
    return counts


def levels_of(features: Tensor, share: float | None) -> Levels:
    sample = unit_sketch(len(features))
    sample.add_maps(features[None])
    return Levels.single(sample, share) if share else Levels.place(sample, spread(6, 4), even=3)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 7), st.integers(1, 7), st.integers(1, 6), st.integers(1, 6),
    st.sampled_from([0.01, 0.05, 0.3, 0.9]), st.integers(0, 10_000),
)  # fmt: skip
def test_any_whole_scale_gives_the_pixels_of_the_dense_way(high, wide, tall, broad, share, seed):
    size = (high * tall, wide * broad)
    features, classes = planted(3, (high, wide), size, seed)
    level = features.flatten(1).quantile(1 - share, dim=1) - 1e-4  # between activations: rounding decides nothing
    assert whole((high, wide), size)
    unit, place = above(features, level, size)
    kinds = torch.where(classes < 0, CONCEPTS, classes)
    found = patched(kinds, (high, wide), CONCEPTS + 1)[place]
    counted = torch.bincount(unit * (CONCEPTS + 2) + found, minlength=3 * (CONCEPTS + 2)).view(3, -1)
    assert torch.equal(counted[:, :-1], dense(features, classes, level[:, None], "bilinear")[:, :, 1])


def test_every_pixel_of_the_image_has_one_place_among_the_patches():
    numbers = torch.arange(12 * 15).view(12, 15)
    places = patched(numbers, (4, 3), outside=-5)
    assert sorted(places[places >= 0].tolist()) == list(range(12 * 15))
    assert bool((places[places < 0] == -5).all())


def test_what_is_no_whole_scale_is_known():
    assert whole((4, 4), (8, 12))
    assert not whole((4, 6), (32, 32))
    assert not whole((8, 8), (4, 4))


@pytest.mark.parametrize("mode", UPSAMPLINGS)
@pytest.mark.parametrize("share", [None, 0.02, 0.6])
@pytest.mark.parametrize(
    ("cells", "size"), [((4, 4), (16, 16)), ((3, 5), (12, 10)), ((6, 7), (20, 32)), ((8, 8), (8, 8))]
)
def test_every_way_of_counting_is_exact(mode, share, cells, size):
    features, classes = planted(70, cells, size, seed=1)  # more than a block
    levels = levels_of(features, share)
    seen = ClassMap(classes, CONCEPTS)
    counted = torch.zeros(CONCEPTS + 1, 70, levels.values.shape[1] + 1, dtype=torch.int64)
    for times in (1, 2):
        view(features, size, levels, mode).count((seen, counted))
        assert torch.equal(counted.transpose(0, 1), times * dense(features, classes, levels.values, mode))


def test_two_images_counted_as_pairs_of_classes_and_strip_by_strip_are_each_exact():
    cells, size = (4, 4), (144, 144)  # more pixels than a strip
    features, classes = planted(3, cells, size, seed=3)
    others = [classes.flip(0), classes]
    levels = levels_of(features, None)
    seen = [ClassMap(each, CONCEPTS) for each in (classes, *others)]
    assert len(list(_groups([(each, torch.empty(0)) for each in seen[:2]], levels.values.shape[1] + 1))) == 1
    counted = [torch.zeros(CONCEPTS + 1, 3, levels.values.shape[1] + 1, dtype=torch.int64) for _ in seen]
    view(features, size, levels, "bilinear").count(*zip(seen, counted, strict=True))
    for each, found in zip((classes, *others), counted, strict=True):
        assert torch.equal(found.transpose(0, 1), dense(features, each, levels.values, "bilinear"))


def test_class_areas_are_those_of_nearest_upsampling():
    _, classes = planted(1, (3, 5), (16, 12), seed=2)
    areas = ClassMap(classes, CONCEPTS).areas((3, 5))
    cell = F.interpolate(torch.arange(15.0).view(1, 1, 3, 5), size=(16, 12), mode="nearest")[0, 0]
    for number in range(15):
        for kind in range(CONCEPTS + 1):
            there = classes == (kind if kind < CONCEPTS else -1)
            assert areas[number, kind] == int(((cell == number) & there).sum())


def test_an_unknown_upsampling_is_told():
    features, _ = planted(1, (4, 4), (8, 8), seed=0)
    with pytest.raises(ValueError, match="no upsampling is called 'linear': did you mean bilinear"):
        view(features, (8, 8), levels_of(features, None), "linear")
