"""The outline of a sheet runs where the unit's region ends, and nowhere else."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from core_gans.foundation.pixels import Picture
from dissect.report.sheets import HALO, SHADE, boxed, enlarge, heat, outline, outlined, region

GREY = 120


def plain(size: int = 64) -> Picture:
    return np.full((size, size, 3), GREY, dtype=np.uint8)


def planted(rows: slice, columns: slice, size: int = 16) -> np.ndarray:
    activation = np.zeros((size, size), dtype=np.float32)
    activation[rows, columns] = 1
    return activation


def white(picture: Picture) -> np.ndarray:
    return picture.min(axis=2) > 170  # the line is soft where it falls between pixels


@settings(deadline=None, max_examples=30)
@given(
    seed=st.integers(0, 1000),
    level=st.floats(0.05, 0.95),
    size=st.sampled_from([8, 21, 64]),
    mode=st.sampled_from(["bilinear", "nearest"]),
)
def test_region_is_that_of_the_dissection(seed: int, level: float, size: int, mode: str) -> None:
    activation = np.random.default_rng(seed).random((7, 9), dtype=np.float32)
    enlarged = F.interpolate(torch.from_numpy(activation)[None, None], size=(size, size + 3), mode=mode)[0, 0]
    found = region(activation, level, size, size + 3, mode)
    sure = np.abs(enlarged.numpy() - level) > 1e-5  # nearer than that, the order of the additions decides
    np.testing.assert_array_equal(found[sure], (enlarged.numpy() > level)[sure])


def test_region_is_strictly_above_the_level() -> None:
    flat = np.full((4, 4), 0.5, dtype=np.float32)
    assert not region(flat, 0.5, 8, 8).any()
    assert region(flat, 0.4999, 8, 8).all()


def test_outline_follows_the_region() -> None:
    activation = planted(slice(5, 11), slice(4, 9))
    shown = outlined(plain(), activation, 0.5)
    inside = region(activation, 0.5, 192, 192)
    line = white(shown)
    distance = _from_edge(inside)
    assert line.any()
    assert distance[line].max() <= 2  # no white further than two pixels from the region's edge
    edge = (distance <= 1) & inside
    assert (cv2.dilate(line.astype(np.uint8), np.ones((3, 3)))[edge] > 0).all()  # and the edge is closed


def test_inside_stays_and_outside_is_dimmed() -> None:
    activation = planted(slice(4, 12), slice(4, 12))
    shown = outlined(plain(), activation, 0.5)
    inside = region(activation, 0.5, 192, 192)
    far = _from_edge(inside) > 4
    assert (shown[inside & far] == GREY).all()
    assert (shown[~inside & far] == round(GREY * SHADE)).all()


def test_outline_is_open_at_the_frame() -> None:
    shown = outlined(plain(), planted(slice(0, 8), slice(0, 16)), 0.5)  # the upper half
    line = white(shown)
    rows = np.flatnonzero(line.any(axis=1))
    assert rows.size
    assert 90 <= rows.min() <= rows.max() <= 101
    assert line[rows].any(axis=0).all()  # from the left edge to the right


@pytest.mark.parametrize(("level", "light"), [(-1.0, GREY), (2.0, round(GREY * SHADE)), (np.inf, round(GREY * SHADE))])
def test_everywhere_and_nowhere_have_no_outline(level: float, light: int) -> None:
    shown = outlined(plain(), planted(slice(3, 5), slice(3, 5)), level)
    assert (shown == light).all()


def test_outline_can_be_seen_on_black_and_on_white() -> None:
    activation = planted(slice(4, 12), slice(4, 12))
    for light in (0, 255):
        shown = outlined(np.full((64, 64, 3), light, dtype=np.uint8), activation, 0.5).max(axis=2)
        near = shown[_from_edge(region(activation, 0.5, 192, 192)) < 4].astype(int)
        assert np.ptp(near) > 100
    assert max(HALO) < 60


@pytest.mark.parametrize(("size", "width"), [(64, 192), (256, 192), (64, 64)])
def test_any_size_is_brought_to_the_sheet(size: int, width: int) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (size, size // 2, 3), dtype=np.uint8)
    assert enlarge(picture, width).shape == (2 * width, width, 3)
    assert outlined(picture, planted(slice(1, 9), slice(1, 9)), 0.5, width).shape == (2 * width, width, 3)


def test_a_box_is_drawn_around_cells_finer_than_the_tile_and_coarser() -> None:
    thin = np.zeros((256, 256), bool)
    thin[40:200, 101] = True  # between two of the columns that a quarter of the width would show
    white = np.argwhere(boxed(np.zeros((64, 64, 3), np.uint8), thin).min(axis=2) == 255)
    assert (white.min(0).tolist(), white.max(0).tolist()) == ([10, 25], [49, 25])
    coarse = np.zeros((4, 8), bool)
    coarse[1, 2:4] = True  # cells of 8 x 8 pixels
    white = np.argwhere(boxed(np.zeros((32, 64, 3), np.uint8), coarse).min(axis=2) == 255)
    assert (white.min(0).tolist(), white.max(0).tolist()) == ([8, 16], [15, 31])


def test_heat_runs_from_dark_to_bright() -> None:
    ramp = np.tile(np.linspace(-3, 5, 16, dtype=np.float32), (16, 1))
    light = heat(ramp, 64, 32).astype(float).mean(axis=2)
    assert light.shape == (32, 64)
    assert light[0, 0] < 10
    assert light[0, -1] > 150
    assert (np.diff(light[0]) >= -1).all()
    assert (heat(np.zeros((4, 4), dtype=np.float32), 8, 8) == heat(np.ones((4, 4), dtype=np.float32), 8, 8)).all()


def _from_edge(mask: np.ndarray) -> np.ndarray:
    """How far each pixel is from the edge of ``mask``, on either side of it; 1 beside the edge."""
    within, without = (cv2.distanceTransform(side.astype(np.uint8), cv2.DIST_L2, 5) for side in (mask, ~mask))
    return np.maximum(within, without)


@pytest.mark.parametrize(
    "activation",
    [
        planted(slice(5, 11), slice(4, 9)),
        planted(slice(0, 8), slice(0, 16)),
        planted(slice(2, 14), slice(2, 14)) - planted(slice(6, 10), slice(6, 10)),
        np.random.default_rng(3).random((6, 6), dtype=np.float32),
    ],
    ids=["blob", "upper half", "ring", "anything"],
)
def test_outline_in_vectors_encloses_the_region(activation: np.ndarray) -> None:
    width, height = 128, 96
    path = outline(activation, 0.5, width, height)
    inside = region(activation, 0.5, height, width)
    polygons = [_corners(part) for part in path.split("M")[1:]]
    drawn = np.zeros((height, width), dtype=np.uint8)
    cv2.fillPoly(drawn, polygons, 1)  # by the rule "evenodd"
    wrong = (drawn > 0) != inside
    assert (_from_edge(inside)[wrong] <= 2).all()
    assert wrong.mean() < 0.04
    frame = [points for points in polygons if points.min() < 0]
    touches = inside[0].any() or inside[-1].any() or inside[:, 0].any() or inside[:, -1].any()
    assert bool(frame) == touches  # where the region leaves the picture, so does the path


def test_outline_of_nothing_is_empty() -> None:
    assert outline(planted(slice(3, 5), slice(3, 5)), 2.0, 128, 128) == ""
    assert outline(planted(slice(3, 5), slice(3, 5)), np.inf, 128, 128) == ""


def _corners(part: str) -> np.ndarray:
    start, _, steps = part.rstrip("z").partition("l")
    numbers = np.array([start.split(), *np.array(steps.split()).reshape(-1, 2)], dtype=int)
    return numbers.cumsum(axis=0).astype(np.int32)
