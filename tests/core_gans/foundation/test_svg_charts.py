"""Charts are drawn to scale, are well-formed whatever comes, and say what they show."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_gans.foundation.html import tag
from core_gans.foundation.svg_charts import Axis, Margins, Plot, bar, round_end, round_marks, svg, window

MARGINS = Margins(width=120, height=110, left=10, right=10, top=5, bottom=5)


def numbers(path: str) -> list[float]:
    return [float(found) for found in re.findall(r"-?[\d.]+", path)]


@given(st.text(alphabet="ab<>&\"'{} "), st.floats())
def test_whatever_is_written_is_text(words: str, value: float) -> None:
    parsed = ElementTree.fromstring(tag("g", tag("title", words), words, aria_label=words, opacity=value, fill=None))
    assert parsed.attrib.keys() == {"aria-label", "opacity"}
    assert parsed.attrib["aria-label"] == parsed[0].text == words or not words
    assert parsed[0].tail == words or not words


def test_a_drawing_says_what_it_shows() -> None:
    parsed = ElementTree.fromstring(svg(10, 20, "a < b", tag("path", d=""), kind="chart", about="c & d"))
    assert [part.tag for part in parsed] == ["title", "desc", "path"]
    assert (parsed[0].text, parsed[1].text) == ("a < b", "c & d")
    assert parsed.attrib == {"class": "chart", "viewBox": "0 0 10 20", "role": "img", "aria-label": "a < b"}


def test_a_plot_is_drawn_to_scale() -> None:
    plot = Plot(MARGINS, (0, 4), (-1, 1))
    assert numbers(plot.path([0, 2, 4], [-1, 0, 1])) == [10, 105, 60, 55, 110, 5]
    assert numbers(plot.band([0, 4], [-1, -1], [0, 1])) == [10, 55, 110, 5, 110, 105, 10, 105]
    assert ElementTree.fromstring(plot.dot(2, 1, 3)).attrib == {"cx": "60", "cy": "5", "r": "3"}
    assert Axis(3, 3, 7, 9)(3) == 7  # without length


def test_a_line_is_cut_at_what_is_not_finite_and_stays_near_the_window() -> None:
    plot = Plot(MARGINS, (0, 4), (0, 1))
    line = plot.line([0, 1, 2, 3, 4], [0, math.nan, 1, 1e300, -math.inf])
    (path,) = re.findall(r' d="([^"]*)"', plot.svg("title", plot.axes([0, 1], [(0, "0", "start")]), plot.window(line)))
    assert path.count("M") == 2
    assert path.count("L") == 1
    assert max(map(abs, numbers(path))) < 1000


def test_a_bar_goes_either_way() -> None:
    left, right = (ElementTree.fromstring(bar(50, end, 0, 4, "red")).attrib for end in (20, 80))
    assert (left["x"], left["width"]) == ("20", "30")
    assert (right["x"], right["width"]) == ("50", "30")


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=20))
def test_a_window_has_room_and_round_marks(values: list[float]) -> None:
    low, high = window(values, 8.0)
    assert low < high
    found = round_marks(low, high)
    assert 1 <= len(found) <= 6
    assert all(low <= mark <= high for mark in found)


@pytest.mark.parametrize(
    ("value", "end"), [(0.0, 1.0), (math.nan, 1.0), (1.0, 1.0), (1.2, 1.5), (76.0, 100), (0.03, 0.03)]
)
def test_an_axis_ends_at_a_round_number(value: float, end: float) -> None:
    assert round_end(value) == pytest.approx(end)
