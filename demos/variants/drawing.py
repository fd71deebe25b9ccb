"""Small line charts as SVG, in the page's own ink: axes, a few marks, and lines that may leave the window."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape

WIDTH, HEIGHT = 250, 150
LEFT, RIGHT, TOP, BOTTOM = 34, 8, 8, 22


@dataclass(frozen=True)
class Line:
    """A line through ``xs`` and ``ys`` (N each); what is not finite interrupts it. ``kind`` is its CSS class."""

    xs: Sequence[float]
    ys: Sequence[float]
    kind: str = "first"


@dataclass(frozen=True)
class Chart:
    """A window of the plane with lines in it. ``marks`` are the numbers written along an axis."""

    title: str
    x_words: str
    lines: Sequence[Line]
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    x_marks: Sequence[float] = ()
    y_marks: Sequence[float] = ()
    words: Callable[[float], str] = field(default="{:g}".format)

    def svg(self) -> str:
        """The chart as a figure with its title as caption."""
        across = "".join(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{self._y(mark):.1f}" y2="{self._y(mark):.1f}"/>'
            f'<text x="{LEFT - 5}" y="{self._y(mark) + 3.5:.1f}" text-anchor="end">{_number(mark, self.words)}</text>'
            for mark in self.y_marks
        )
        along = "".join(
            f'<text x="{self._x(mark):.1f}" y="{HEIGHT - 8}" text-anchor="middle">{_number(mark)}</text>'
            for mark in self.x_marks
        )
        words = f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 8}" text-anchor="end">{escape(self.x_words)}</text>'
        paths = "".join(f'<path class="{line.kind}" d="{self._path(line)}"/>' for line in self.lines)
        # An SVG within an SVG cuts off what leaves it.
        inside = f'<svg x="{LEFT}" y="{TOP}" width="{WIDTH - LEFT - RIGHT}" height="{HEIGHT - TOP - BOTTOM}" ' + (
            f'viewBox="{LEFT} {TOP} {WIDTH - LEFT - RIGHT} {HEIGHT - TOP - BOTTOM}">{paths}</svg>'
        )
        title = escape(self.title, quote=True)
        return (
            f'<figure class="plot"><figcaption>{title}</figcaption><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            f'aria-label="{title}"><g>{across}{along}{words}</g>{inside}</svg></figure>'
        )

    def _x(self, value: float) -> float:
        low, high = self.x_range
        return LEFT + (WIDTH - LEFT - RIGHT) * (value - low) / (high - low)

    def _y(self, value: float) -> float:
        low, high = self.y_range
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low)

    def _path(self, line: Line) -> str:
        """SVG's commands; values far outside are brought near the window, so that no number is huge."""
        low, high = self.y_range
        reach = high - low
        path, drawn = "", False
        for x, y in zip(line.xs, line.ys, strict=True):
            if math.isfinite(y):
                near = min(max(y, low - reach), high + reach)
                path += f"{'L' if drawn else 'M'}{self._x(x):.1f} {self._y(near):.1f}"
            drawn = math.isfinite(y)
        return path


def window(values: Sequence[float], most: float = 8.0) -> tuple[float, float]:
    """A range that shows ``values``, as far as they lie within ``most`` of 0, with some room around them."""
    seen = [value for value in values if math.isfinite(value) and abs(value) <= most] or [0.0]
    low, high = min(*seen, 0.0), max(*seen, 0.0)
    if high - low < 1e-6:
        low, high = low - 1, high + 1
    room = 0.06 * (high - low)
    return low - room, high + room


def marks(low: float, high: float) -> list[float]:
    """Two to five round numbers within the range."""
    step = 10 ** math.floor(math.log10((high - low) / 2))
    for factor in (1, 2, 5, 10):
        if (high - low) / (step * factor) <= 4:
            step *= factor
            break
    first = math.ceil(low / step - 1e-9)
    return [round(place * step, 10) + 0.0 for place in range(first, math.floor(high / step + 1e-9) + 1)]


def _number(value: float, words: Callable[[float], str] = "{:g}".format) -> str:
    return words(value).replace("-", "−")
