"""Small charts of several tabs: lines by their CSS class, and a legend of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from core_gans.foundation.html import tag
from core_gans.foundation.svg_charts import Margins, Plot, Words, number, round_marks

MARGINS = Margins(width=250, height=150, left=34, right=8, top=8, bottom=22)


def line_chart(
    title: str,
    x_words: str,
    xs: Sequence[float],
    lines: Mapping[str, Sequence[float]],
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    x_marks: Sequence[float],
    words: Words = "{:g}".format,
) -> Markup:
    """A figure of ``lines`` over ``xs`` (N each), by their class; ``x_marks`` are the numbers written along x."""
    plot = Plot(MARGINS, x_range, y_range)
    below = [*((mark, number(mark), "middle") for mark in x_marks), (x_range[1], x_words, "end")]
    paths = [plot.line(xs, ys, class_=kind) for kind, ys in lines.items()]
    chart = plot.svg(title, plot.axes(round_marks(*y_range), below, words), plot.window(*paths))
    return tag("figure", tag("figcaption", title), chart, class_="plot")


def legend(names: Mapping[str, str]) -> Markup:
    """What the lines of each class are called, where there are two."""
    if len(names) < 2:
        return Markup("")
    return tag("ul", *(tag("li", name, class_=kind) for kind, name in names.items()), class_="legend")
