"""Charts: one theme that leaves matplotlib's own settings alone, words as they are, titles and names above panels."""

from __future__ import annotations

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from core_gans.foundation.colours import BLUE, RED, rgb
from core_gans.foundation.figures import DPI, logarithmic, page, themed


@themed
def chart(title: str, names: dict[str, str], lowest: float = 0.02) -> Figure:
    figure = page(6, 2, title, "a note", names)
    axes = figure.subplots()
    axes.plot([0, 1], [lowest, 3])
    logarithmic(axes)
    return figure


def test_a_page_has_the_height_of_its_panels_and_of_the_words_above() -> None:
    with_one, with_many = (
        chart("title", {"a": BLUE}),
        chart("title", {f"a rather long name {n}": BLUE for n in range(9)}),
    )
    assert with_one.dtype == np.uint8
    assert with_one.shape[1] == with_many.shape[1] == 6 * DPI
    assert 2 * DPI < with_one.shape[0] < with_many.shape[0]


def test_names_stand_above_the_panel_in_their_colours() -> None:
    drawn = chart("title", {"first": BLUE, "second": RED})
    for colour in (BLUE, RED):
        assert (drawn[:DPI] == rgb(colour)).all(axis=2).any()


def test_words_are_not_read_as_formulas() -> None:
    assert not np.array_equal(chart("$x$", {}), chart("x", {}))
    chart(r"50 $ of \frac", {"$\\": BLUE})


def test_numbers_of_a_logarithmic_axis_are_plain() -> None:
    seen: list[str] = []

    @themed
    def draw() -> Figure:
        figure = page(4, 2, "")
        axes = figure.subplots()
        axes.plot([0, 1], [0.02, 30])
        logarithmic(axes)
        figure.canvas.draw()
        seen.extend(label.get_text() for label in axes.get_yticklabels())
        return figure

    draw()
    assert {"0.1", "1", "10"} <= set(seen)


def test_a_letter_without_a_font_is_a_box_and_no_warning() -> None:
    assert chart("\N{CJK UNIFIED IDEOGRAPH-4E2D}", {}).min() < 128


def test_the_settings_of_others_are_left_alone() -> None:
    before = dict(matplotlib.rcParams)
    chart("title", {})
    assert dict(matplotlib.rcParams) == before
