"""The curve of IoU against level is drawn to scale, and all of its points are in the tables."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from dissect.measure.dissecting import dissect
from dissect.measure.dissection import Criterion, Dissection, Match
from dissect.report import write_report
from dissect.report.curves import MARGINS, chart
from tests.dissect.glass import ALWAYS, TREE, ColourSegmenter, GlassGenerator, latents

MATCH = Match(unit=0, concept="tree & shrub", iou=0.8, iqr=0.1, level=2.0, score=0.7, matched=True)


def planted(levels: list[float], ious: list[float]) -> Dissection:
    """Something with the curve of one unit."""
    arrays = {"levels": np.array([levels]), "curves": np.array([ious])}
    return cast(Dissection, SimpleNamespace(criterion=Criterion(iou=0.04), **arrays))


def points(drawn: str) -> list[tuple[float, float]]:
    (path,) = re.findall(r'<path d="M[^L]*L(.*?)V', drawn)
    return [tuple(map(float, point.split())) for point in path.split("L")]  # type: ignore[misc]  # of two numbers each


def test_a_curve_is_drawn_to_scale() -> None:
    drawn = chart(planted([0.0, 1.0, 2.0, 4.0], [0.2, 0.4, 0.8, 0.0]), MATCH, "#123456")
    left, floor = MARGINS.left, MARGINS.height - MARGINS.bottom
    width, height = MARGINS.width - left - MARGINS.right, floor - MARGINS.top
    expected = [(0, 0.25), (0.25, 0.5), (0.5, 1), (1, 0)]
    wanted = [(left + width * x, floor - height * y) for x, y in expected]
    np.testing.assert_allclose(points(drawn), wanted, atol=0.06)
    (circle,) = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', drawn)
    np.testing.assert_allclose([float(number) for number in circle], wanted[2], atol=0.06)
    assert 'aria-label="IoU of unit 0 with tree &amp; shrub against its level: 0.800 at 2"' in drawn


@pytest.mark.parametrize("levels", [[1.0, 1.0, 1.0], [np.nan, np.nan, 1.0]])
def test_a_unit_without_levels_has_no_curve(levels: list[float]) -> None:
    assert chart(planted(levels, [0.1, 0.1, 0.1]), MATCH, "#123456") == ""


def test_levels_that_are_not_finite_are_left_out() -> None:
    drawn = chart(planted([0.0, 2.0, np.inf], [0.2, 0.8, 0.0]), MATCH, "#123456")
    assert len(points(drawn)) == 2
    assert "nan" not in drawn
    assert "inf" not in drawn


def test_every_point_is_in_the_tables(tmp_path: Path) -> None:
    sample = latents(24, seed=5)
    found = dissect(GlassGenerator(), "stem.glass", sample, ColourSegmenter())
    page = write_report(tmp_path / "r", found, GlassGenerator(), sample, ColourSegmenter())
    levels, curves = found.levels, found.curves
    with (tmp_path / "r" / "curves.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    np.testing.assert_array_equal([float(row["level"]) for row in rows], levels.ravel())
    np.testing.assert_array_equal([float(row["iou"]) for row in rows], curves.ravel())
    text = page.read_text(encoding="utf-8")
    for unit, there in ((TREE, True), (ALWAYS, False)):
        row = re.search(f'(?s)<tr id="unit-{unit}".*?</tr>', text)
        assert row is not None
        assert ('<svg class="curve"' in row[0]) is there
