"""Between the canvas and the generator: masks of strokes, and pictures as data URLs."""

from __future__ import annotations

import base64
import io
import math

import numpy as np
import pytest
import torch
from PIL import Image

from demos.paint.canvas import MOST_POINTS, NO_CLASS, brush_mask, content, png
from demos.paint.painter import Painter


def test_a_dab_is_a_disc_of_its_radius_at_its_place() -> None:
    mask = brush_mask([[0.5, 0.25]], 0.125, 64)
    assert float(mask.sum()) == pytest.approx(math.pi * 8**2, rel=0.03)
    rows, columns = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    assert float((mask * rows).sum() / mask.sum()) == pytest.approx(0.25 * 64 - 0.5, abs=0.1)
    assert float((mask * columns).sum() / mask.sum()) == pytest.approx(0.5 * 64 - 0.5, abs=0.1)


def test_a_stroke_covers_its_line_and_nothing_far_from_it() -> None:
    mask = brush_mask([[0.25, 0.5], [0.75, 0.5]], 1 / 32, 32)
    assert (mask[15:17, 8:24] == 1).all()
    assert not mask[:14].any()
    assert not mask[18:].any()
    assert not mask[:, :6].any()


def test_a_pixel_that_is_half_covered_is_masked_by_half() -> None:
    mask = brush_mask([[-1.0, 0.5], [2.0, 0.5]], 2.5 / 32, 32)  # from row 13.5 to row 18.5
    assert mask[13].tolist() == pytest.approx([0.5] * 32, abs=0.13)
    assert mask[18].tolist() == pytest.approx([0.5] * 32, abs=0.13)
    assert (mask[14:18] == 1).all()


def test_strokes_may_leave_the_picture() -> None:
    assert float(brush_mask([[5.0, 5.0], [9.0, -1e9]], 0.1, 32).sum()) == 0


@pytest.mark.parametrize(
    "points",
    [None, [], "many", {}, 3.0, [[1]], [[0.5, 0.5, 0.5]], [0.5, 0.5], [[0.5, None]], [[0.5, "x"]], [[0.5], [0.5, 0.5]],
     [[float("nan"), 0.5]], [[float("inf"), 0.5]], [[0.5, 0.5]] * (MOST_POINTS + 1), [[10**400, 0.5]], [[[0.5, 0.5]]]],
)  # fmt: skip
def test_points_that_are_none_are_refused(points: object) -> None:
    with pytest.raises(ValueError, match="points"):
        brush_mask(points, 0.1, 32)


@pytest.mark.parametrize("radius", [None, 0, -1, 1.5, "big", [0.1], float("nan"), float("inf"), {}])
def test_a_radius_that_is_none_is_refused(radius: object) -> None:
    with pytest.raises(ValueError, match="radius"):
        brush_mask([[0.5, 0.5]], radius, 32)


def test_pictures_arrive_to_the_bit() -> None:
    values = torch.randint(256, (3, 9, 9), generator=torch.Generator().manual_seed(0))
    url = png(values / 127.5 - 1)
    with Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))) as picture:
        assert np.array_equal(np.asarray(picture), values.permute(1, 2, 0).numpy())


def test_the_canvas_is_told_every_class(glass: Painter) -> None:
    painting = glass.paint(1, [])
    painting.classes_after[0, 0] = -1
    value = content(painting, 7)
    classes = np.frombuffer(base64.b64decode(value["classesAfter"]), np.uint8).reshape(glass.side, glass.side)
    assert classes[0, 0] == NO_CLASS
    assert np.array_equal(classes.flatten()[1:], painting.classes_after.flatten()[1:].numpy())
    assert value["number"] == 7
