"""The report's charts: how many units each concept has, how well they match, what causes what.

They are drawn for a width of about 560 pixels and scale down to a phone without becoming unreadable.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from core_gans.foundation.counting import how_many
from core_gans.foundation.html import tag
from core_gans.foundation.intervals import between
from core_gans.foundation.svg_charts import Axis, bar, round_end, svg, text, whisker
from dissect.report.markup import percent

WIDTH = 560
LABELS = 128  # pixels kept for the names on the left
VALUES = 88  # and for the numbers on the right
SHARES = 176  # or for a number and a share of the pixels
ROW = 30
EFFECT_ROW = 38


@dataclass(frozen=True)
class Bar:
    """One concept of the first two charts: its page anchor, its units, and the IoU of each."""

    label: str
    colour: str
    anchor: str
    share: float
    ious: Sequence[tuple[int, float]]  # (unit, IoU), best first


@dataclass(frozen=True)
class Effect:
    """One concept's change in some measure, and that of the random control: each as mean, low and high."""

    label: str
    colour: str
    ours: tuple[float, float, float]
    control: tuple[float, float, float]


@dataclass(frozen=True)
class Stack:
    """A layer: how many units it has, and how many of each concept, as (concept, colour, units)."""

    label: str
    total: int
    parts: Sequence[tuple[str, str, int]]


def units_chart(bars: Sequence[Bar]) -> Markup:
    """Horizontal bars: the number of units of each concept, with the concept's share of the pixels beside it."""
    across = Axis(0, max((len(each.ious) for each in bars), default=0), LABELS, WIDTH - SHARES)
    rows = []
    for index, each in enumerate(bars):
        top, end, share = index * ROW, max(across(len(each.ious)), LABELS + 3.0), f"{percent(each.share)} of pixels"
        rows.append(
            tag(
                "a",
                _name(each.label, top),
                bar(LABELS, end, top + 5, ROW - 10, each.colour),
                text(end + 8, top + 20, len(each.ious), kind="value"),
                text(WIDTH, top + 20, share, "end", "aside"),
                href=f"#{each.anchor}",
                aria_label=f"{each.label}: {how_many(len(each.ious), 'unit')}, {share}",
            )
        )
    return _chart(
        rows, len(bars) * ROW, "Units of each concept", "One bar a concept, as long as it has matching units."
    )


def quality_chart(bars: Sequence[Bar]) -> Markup:
    """A dot for every matching unit at its IoU, a row for every concept: the same rows as ``units_chart``."""
    best = max((iou for each in bars for _, iou in each.ious), default=1.0)
    limit = next((end for end in (0.1, 0.2, 0.4, 0.6, 0.8) if best <= end), 1.0)  # whose quarters are round
    across, height = Axis(0, limit, LABELS, WIDTH - 16), len(bars) * ROW
    marks = []
    for tick in range(5):
        x = across(limit * tick / 4)
        marks.append(tag("line", class_="grid", x1=x, x2=x, y1=0, y2=height))
        marks.append(text(x, height + 20, f"{limit * tick / 4:.2g}", "middle", "aside"))
    for index, each in enumerate(bars):
        marks.append(_name(each.label, index * ROW))
        for unit, iou in reversed(each.ious):
            told = tag("title", f"unit {unit}: IoU {iou:.3f}")
            x, y = float(across(max(iou, 0.0))), index * ROW + ROW / 2
            marks.append(tag("circle", told, class_="dot", cx=x, cy=y, r=6, fill=each.colour))
    about = "One dot a unit; further right is a better match, by its IoU."
    return _chart(marks, height + 28, "How well the units match", about)


def effects_chart(effects: Sequence[Effect], title: str, unit: str, at_most: float = math.inf) -> Markup:
    """Diverging bars: each concept's change with its interval, and below it, thinner, that of random units.

    All are in one measure, which ``unit`` names. What reaches beyond ``at_most`` is cut there; the number beside the
    bar says how far it went.
    """
    ends = [abs(end) for effect in effects for end in (*effect.ours, *effect.control)]
    reach = min(round_end(max(ends, default=0.0)), at_most)
    axis = Axis(-reach, reach, LABELS, WIDTH - VALUES)
    middle, height = axis(0), len(effects) * EFFECT_ROW

    def across(value: float) -> float:
        return axis(max(-reach, min(reach, value)))

    marks = [tag("line", class_="axis", x1=middle, x2=middle, y1=0, y2=height)]
    for value, words in ((-reach, f"−{reach:g}{unit}"), (0.0, "0"), (reach, f"+{reach:g}{unit}")):
        marks.append(text(axis(value), height + 18, words, "middle", "aside"))
    for index, effect in enumerate(effects):
        top = index * EFFECT_ROW
        (ours, low, high), (control, least, most) = (map(across, each) for each in (effect.ours, effect.control))
        marks.append(
            tag(
                "g",
                tag("title", _note(effect, unit)),
                tag("rect", class_="row", x=0, y=top, width=WIDTH, height=EFFECT_ROW),
                _name(effect.label, top + 3),
                bar(middle, ours, top + 6, 14, effect.colour),
                whisker(low, high, top + 13, 4),
                bar(middle, control, top + 22, 7, "currentColor", kind="control"),
                whisker(least, most, top + 25.5, 2.5),
                text(WIDTH, top + 21, f"{signed(effect.ours[0])}{unit}", "end", "value"),
            )
        )
    return _chart(marks, height + 26, title, "A bar is a concept's change; the thin grey bar below it is random units.")


def shares_chart(shares: Sequence[tuple[str, str, float]], title: str) -> Markup:
    """Horizontal bars of (concept, colour, share in [0, 1]), on one scale that ends at the largest."""
    across = Axis(0, max((share for _, _, share in shares), default=0.0), LABELS, WIDTH - VALUES)
    rows = []
    for index, (concept, colour, share) in enumerate(shares):
        top, end = index * ROW, across(share)
        rows += [_name(concept, top), bar(LABELS, end, top + 5, ROW - 10, colour)]
        rows.append(text(end + 8, top + 20, percent(share), kind="value"))
    return _chart(rows, len(shares) * ROW, title, "One bar a concept; all together are the whole.")


def stacks_chart(stacks: Sequence[Stack], title: str) -> Markup:
    """A bar for each layer, all of one length, its parts in proportion to the units of each concept."""
    marks = []
    for index, stack in enumerate(stacks):
        top, across = index * ROW + 5, Axis(0, stack.total, LABELS, WIDTH - VALUES)
        marks.append(_name(stack.label, index * ROW))
        marks.append(bar(across.start, across.end, top, ROW - 10, "none", kind="rest"))
        done = 0
        for concept, colour, units in stack.parts:
            told = tag("title", f"{stack.label}: {how_many(units, 'unit')} of {concept}")
            marks.append(bar(across(done), across(done + units), top, ROW - 10, colour, told))
            done += units
        marks.append(text(WIDTH, top + 15, percent(done / stack.total), "end", "value"))
    return _chart(marks, len(stacks) * ROW, title, "One bar a layer; the coloured share of it matches a concept.")


def _note(effect: Effect, unit: str) -> str:
    ours, control = (
        between(f"{signed(mean)}{unit}", signed(low), signed(high)) for mean, low, high in (effect.ours, effect.control)
    )
    return f"{effect.label}: {ours}; random units: {control}"


def signed(value: float) -> str:
    """A change as people read it: a real minus sign, and no more figures than it is good for."""
    words = f"{value:+.0f}" if abs(value) >= 9.5 else f"{value:+.1f}" if abs(value) >= 0.95 else f"{value:+.2f}"
    return "0" if float(words) == 0 else words.replace("-", "−")


def _name(label: str, top: float) -> Markup:
    return text(LABELS - 10, top + 20, label if len(label) <= 16 else f"{label[:15]}…", "end", "name")


def _chart(marks: Sequence[Markup], height: float, title: str, about: str) -> Markup:
    return svg(WIDTH, max(height, 1), title, *marks, kind="chart", about=about, role="group")
