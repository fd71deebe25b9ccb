"""The brush: masks of strokes."""

from __future__ import annotations

import math

import pytest
import torch

from demos.paint.brush import brush, brush_mask


def test_a_dab_is_a_disc_of_its_radius_at_its_place() -> None:
    mask = brush([[0.5, 0.25]], 0.125, 0, 64)
    assert float(mask.sum()) == pytest.approx(math.pi * 8**2, rel=0.03)
    rows, columns = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    assert float((mask * rows).sum() / mask.sum()) == pytest.approx(0.25 * 64 - 0.5, abs=0.1)
    assert float((mask * columns).sum() / mask.sum()) == pytest.approx(0.5 * 64 - 0.5, abs=0.1)


def test_a_stroke_covers_its_line_and_nothing_far_from_it() -> None:
    mask = brush([[0.25, 0.5], [0.75, 0.5]], 1 / 32, 0, 32)
    assert (mask[15:17, 8:24] == 1).all()
    assert not mask[:14].any()
    assert not mask[18:].any()
    assert not mask[:, :6].any()


def test_a_pixel_that_is_half_covered_is_masked_by_half() -> None:
    mask = brush([[-1.0, 0.5], [2.0, 0.5]], 2.5 / 32, 0, 32)  # from row 13.5 to row 18.5
    assert mask[13].tolist() == pytest.approx([0.5] * 32, abs=0.13)
    assert mask[18].tolist() == pytest.approx([0.5] * 32, abs=0.13)
    assert (mask[14:18] == 1).all()


def test_a_soft_edge_rises_over_its_share_of_the_radius() -> None:
    hard, soft, softest = (brush([[0.5, 0.5]], 0.25, share, 64) for share in (0.0, 0.5, 1.0))
    row = [float(soft[32, 32 + step]) for step in (0, 4, 8, 10, 12, 14, 17)]  # the radius is 16 pixels
    assert row == pytest.approx([1, 1, 1, 0.69, 0.44, 0.19, 0], abs=0.1)
    assert ((soft > 0) == (hard > 0)).float().mean() > 0.99
    assert hard.sum() > soft.sum() > softest.sum()


def test_strokes_may_leave_the_picture() -> None:
    assert float(brush([[5.0, 5.0], [9.0, -1e9]], 0.1, 0.5, 32).sum()) == 0


def test_what_is_remembered_is_what_is_drawn() -> None:
    points = ((0.2, 0.3), (0.7, 0.4))
    assert torch.equal(brush_mask(points, 0.1, 0.3, 32), brush([list(point) for point in points], 0.1, 0.3, 32))
