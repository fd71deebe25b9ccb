"""Charts for pages as inline SVG: lines, bands and dots on axes, bars with intervals.

Colours of axes and type are left to the page's CSS, which finds the parts by their classes: one drawing serves light
and dark. Words are escaped, and a drawing is :class:`Markup`, which jinja2 puts into a page as it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from core_gans.foundation.html import tag

Words = Callable[[float], str]


def svg(
    width: float, height: float, title: str, *marks: str, kind: str | None = None, about: str = "", role: str = "img"
) -> Markup:
    """A drawing of ``width`` by ``height`` pixels, which scales; ``title`` and ``about`` say what is in it.

    ``kind`` is its CSS class; a drawing with links in it has the role "group".
    """
    told = [tag("title", title), *([tag("desc", about)] if about else [])]
    size = f"0 0 {width:g} {height:g}"
    return tag("svg", *told, *marks, class_=kind, viewBox=size, role=role, aria_label=title)


def text(x: float, y: float, words: object, anchor: str | None = None, kind: str | None = None) -> Markup:
    """Words at a place; ``anchor`` says which end of them stands there: "start" (None), "middle" or "end"."""
    return tag("text", escape(words), class_=kind, x=x, y=y, text_anchor=anchor)


def bar(start: float, end: float, top: float, thickness: float, colour: str, *inside: str, kind: str = "bar") -> Markup:
    """A horizontal bar between two places in pixels, in either direction, at least one pixel long."""
    return tag(
        "rect", *inside, class_=kind, x=float(min(start, end)), y=float(top), width=max(abs(end - start), 1.0),
        height=float(thickness), rx=2, fill=colour,
    )  # fmt: skip


def whisker(left: float, right: float, y: float, half: float) -> Markup:
    """A horizontal interval whose ends are 2 * ``half`` pixels high."""
    ends = f"M{left:.1f} {y - half:g}v{2 * half:g}M{right:.1f} {y - half:g}v{2 * half:g}"
    return tag("path", class_="whisker", d=f"M{left:.1f} {y:g}H{right:.1f}{ends}")


def number(value: float, words: Words = "{:g}".format) -> str:
    """A number as people read it: with a real minus sign."""
    return words(value).replace("-", "−")


@dataclass(frozen=True)
class Axis:
    """Values from ``low`` to ``high``, laid from pixel ``start`` to pixel ``end``."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The pixel of a value; where the axis has no length, its start."""
        return self.start + (self.end - self.start) * (value - self.low) / ((self.high - self.low) or 1.0)


@dataclass(frozen=True)
class Margins:
    """The size of a drawing, and the room around the plot within it, in pixels."""

    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int


@dataclass(frozen=True)
class Plot:
    """A window of the plane, ``x_range`` by ``y_range`` (each low, high), and the parts of a chart drawn in it."""

    margins: Margins
    x_range: tuple[float, float]
    y_range: tuple[float, float]

    @property
    def x(self) -> Axis:
        return Axis(*self.x_range, self.margins.left, self.margins.width - self.margins.right)

    @property
    def y(self) -> Axis:
        return Axis(*self.y_range, self.margins.height - self.margins.bottom, self.margins.top)

    def path(self, xs: Iterable[float], ys: Iterable[float]) -> str:
        """SVG's commands of a line; what is not finite interrupts it, what is far outside comes near the window."""
        x_axis, y_axis = self.x, self.y
        low, high = y_axis.low, y_axis.high
        reach = high - low
        commands, drawn = "", False
        for x, y in zip(xs, ys, strict=True):
            if math.isfinite(y):
                near = min(max(y, low - reach), high + reach)
                commands += f"{'L' if drawn else 'M'}{x_axis(x):.1f} {y_axis(near):.1f}"
            drawn = math.isfinite(y)
        return commands

    def line(self, xs: Iterable[float], ys: Iterable[float], **attributes: object) -> Markup:
        """A line through ``xs`` and ``ys`` (N each)."""
        return tag("path", d=self.path(xs, ys), **attributes)

    def band(self, xs: Sequence[float], low: Sequence[float], high: Sequence[float], **attributes: object) -> Markup:
        """The area between two lines over ``xs`` (N each, finite)."""
        back = self.path(xs[::-1], low[::-1])
        return tag("path", d=f"{self.path(xs, high)}L{back[1:]}Z", **attributes)

    def dot(self, x: float, y: float, radius: float, **attributes: object) -> Markup:
        """A dot at a value; ``radius`` in pixels."""
        return tag("circle", cx=float(self.x(x)), cy=float(self.y(y)), r=radius, **attributes)

    def axes(
        self, y_marks: Iterable[float], x_words: Iterable[tuple[float, str, str]], words: Words = "{:g}".format
    ) -> Markup:
        """A line and a number for each of ``y_marks``; below, the ``x_words``: value, words, and their anchor."""
        room = self.margins
        parts = []
        for mark in y_marks:
            y = float(self.y(mark))
            parts.append(tag("line", x1=room.left, x2=room.width - room.right, y1=y, y2=y))
            parts.append(text(room.left - 6, y + 4, number(mark, words), "end"))
        parts += [text(self.x(value), room.height - 7, said, anchor) for value, said, anchor in x_words]
        return tag("g", *parts)

    def window(self, *marks: str) -> Markup:
        """The ``marks`` with whatever leaves the window cut off."""
        room = self.margins
        width, height = room.width - room.left - room.right, room.height - room.top - room.bottom
        return tag(
            "svg", *marks, x=room.left, y=room.top, width=width, height=height,
            viewBox=f"{room.left} {room.top} {width} {height}",
        )  # fmt: skip

    def svg(self, title: str, *marks: str, kind: str | None = None) -> Markup:
        """The chart, of ``marks`` that this plot made."""
        return svg(self.margins.width, self.margins.height, title, *marks, kind=kind)


def window(values: Iterable[float], most: float = math.inf) -> tuple[float, float]:
    """A range that shows 0 and those of ``values`` that lie within ``most`` of it, with some room around them."""
    seen = [value for value in values if math.isfinite(value) and abs(value) <= most] or [0.0]
    low, high = min(*seen, 0.0), max(*seen, 0.0)
    if high - low < 1e-6:
        low, high = low - 1, high + 1
    room = 0.06 * (high - low)
    return low - room, high + room


def round_marks(low: float, high: float) -> list[float]:
    """Two to five round numbers within the range."""
    step = 10 ** math.floor(math.log10((high - low) / 2))
    step *= next((factor for factor in (1, 2, 5, 10) if (high - low) / (step * factor) <= 4), 1)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(place * step, 10) + 0.0 for place in range(first, last + 1)]


def round_end(value: float) -> float:
    """The next of 1, 1.5, 2, 3, 5, 7.5 times a power of ten: an end for an axis; 1 for what is not above 0."""
    if not value > 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 1.5, 2, 3, 5, 7.5, 10) if value <= step * power * (1 + 1e-9))
