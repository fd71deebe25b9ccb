"""The report's charts as inline SVG: how many units each concept has, how well they match, what causes what.

They are drawn for a width of about 560 pixels and scale down to a phone without becoming unreadable. Text and axes take
their colours from the page's CSS, so that one drawing serves light and dark.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from dissect.report.markup import count, percent

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


def units_chart(bars: Sequence[Bar]) -> str:
    """Horizontal bars: the number of units of each concept, with the concept's share of the pixels beside it."""
    longest = max((len(bar.ious) for bar in bars), default=1) or 1
    room = WIDTH - LABELS - SHARES
    rows = []
    for index, bar in enumerate(bars):
        top = index * ROW
        length = max(3.0, room * len(bar.ious) / longest)
        share = f"{percent(bar.share)} of pixels"
        rows.append(
            f'<a href="#{bar.anchor}" aria-label="{escape(bar.label)}: {count(len(bar.ious), "unit")}, {share}">'
            f"{_name(bar.label, top)}{_bar(LABELS, LABELS + length, top + 5, ROW - 10, bar.colour, 'bar')}"
            f'<text class="value" x="{LABELS + length + 8:.1f}" y="{top + 20}">{len(bar.ious)}</text>'
            f'<text class="aside" x="{WIDTH}" y="{top + 20}" text-anchor="end">{share}</text></a>'
        )
    return _svg(rows, len(bars) * ROW, "Units of each concept", "One bar a concept, as long as it has matching units.")


def quality_chart(bars: Sequence[Bar]) -> str:
    """A dot for every matching unit at its IoU, a row for every concept: the same rows as ``units_chart``."""
    best = max((iou for bar in bars for _, iou in bar.ious), default=1.0)
    limit = next((end for end in (0.1, 0.2, 0.4, 0.6, 0.8) if best <= end), 1.0)  # whose quarters are round
    room = WIDTH - LABELS - 16
    height = len(bars) * ROW
    marks = []
    for tick in range(5):
        value = limit * tick / 4
        x = LABELS + room * tick / 4
        marks.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{height}"/>')
        marks.append(f'<text class="aside" x="{x:.1f}" y="{height + 20}" text-anchor="middle">{value:.2g}</text>')
    for index, bar in enumerate(bars):
        marks.append(_name(bar.label, index * ROW))
        for unit, iou in reversed(bar.ious):
            marks.append(
                f'<circle class="dot" cx="{LABELS + room * max(iou, 0.0) / limit:.1f}" cy="{index * ROW + ROW / 2}" '
                f'r="6" fill="{bar.colour}"><title>unit {unit}: IoU {iou:.3f}</title></circle>'
            )
    return _svg(
        marks, height + 28, "How well the units match", "One dot a unit; further right is a better match, by its IoU."
    )


def effects_chart(effects: Sequence[Effect], title: str, unit: str, at_most: float = math.inf) -> str:
    """Diverging bars: each concept's change with its interval, and below it, thinner, that of random units.

    All are in one measure, which ``unit`` names. What reaches beyond ``at_most`` is cut there; the number beside the
    bar says how far it went.
    """
    ends = [abs(end) for effect in effects for end in (*effect.ours, *effect.control)]
    reach = min(_round_up(max(ends, default=0.0)), at_most)
    half = (WIDTH - LABELS - VALUES) / 2
    middle = LABELS + half
    height = len(effects) * EFFECT_ROW

    def across(value: float) -> float:
        return middle + half * max(-1.0, min(1.0, value / reach))

    marks = [f'<line class="axis" x1="{middle:.1f}" x2="{middle:.1f}" y1="0" y2="{height}"/>']
    for value, text in ((-reach, f"−{reach:g}{unit}"), (0.0, "0"), (reach, f"+{reach:g}{unit}")):
        marks.append(
            f'<text class="aside" x="{across(value):.1f}" y="{height + 18}" text-anchor="middle">{text}</text>'
        )
    for index, effect in enumerate(effects):
        top = index * EFFECT_ROW
        marks.append(
            f"<g><title>{escape(_note(effect, unit))}</title>"
            f'<rect class="row" x="0" y="{top}" width="{WIDTH}" height="{EFFECT_ROW}"/>{_name(effect.label, top + 3)}'
            f"{_bar(middle, across(effect.ours[0]), top + 6, 14, effect.colour, 'bar')}"
            f"{_whisker(across(effect.ours[1]), across(effect.ours[2]), top + 13, 4)}"
            f"{_bar(middle, across(effect.control[0]), top + 22, 7, 'currentColor', 'control')}"
            f"{_whisker(across(effect.control[1]), across(effect.control[2]), top + 25.5, 2.5)}"
            f'<text class="value" x="{WIDTH}" y="{top + 21}" text-anchor="end">'
            f"{signed(effect.ours[0])}{unit}</text></g>"
        )
    return _svg(marks, height + 26, title, "A bar is a concept's change; the thin grey bar below it is random units.")


def shares_chart(shares: Sequence[tuple[str, str, float]], title: str) -> str:
    """Horizontal bars of (concept, colour, share in [0, 1]), on one scale that ends at the largest."""
    most = max((share for _, _, share in shares), default=1.0) or 1.0
    room = WIDTH - LABELS - VALUES
    rows = []
    for index, (concept, colour, share) in enumerate(shares):
        top = index * ROW
        end = LABELS + room * share / most
        rows.append(
            f"{_name(concept, top)}{_bar(LABELS, end, top + 5, ROW - 10, colour, 'bar')}"
            f'<text class="value" x="{end + 8:.1f}" y="{top + 20}">{percent(share)}</text>'
        )
    return _svg(rows, len(shares) * ROW, title, "One bar a concept; all together are the whole.")


def stacks_chart(stacks: Sequence[Stack], title: str) -> str:
    """A bar for each layer, all of one length, its parts in proportion to the units of each concept."""
    room = WIDTH - LABELS - VALUES
    marks = []
    for index, stack in enumerate(stacks):
        top = index * ROW
        marks.append(_name(stack.label, top))
        marks.append(f'<rect class="rest" x="{LABELS}" y="{top + 5}" width="{room}" height="{ROW - 10}" rx="2"/>')
        left = float(LABELS)
        for concept, colour, number in stack.parts:
            length = room * number / stack.total
            marks.append(
                f'<rect class="bar" x="{left:.1f}" y="{top + 5}" width="{length:.1f}" height="{ROW - 10}" '
                f'fill="{colour}"><title>{escape(stack.label)}: {count(number, "unit")} of {escape(concept)}</title>'
                "</rect>"
            )
            left += length
        matched = sum(number for _, _, number in stack.parts)
        marks.append(
            f'<text class="value" x="{WIDTH}" y="{top + 20}" text-anchor="end">{percent(matched / stack.total)}</text>'
        )
    return _svg(marks, len(stacks) * ROW, title, "One bar a layer; the coloured share of it matches a concept.")


def _note(effect: Effect, unit: str) -> str:
    ours, control = (
        f"{signed(mean)}{unit} ({signed(low)} to {signed(high)})" for mean, low, high in (effect.ours, effect.control)
    )
    return f"{effect.label}: {ours}; random units: {control}"


def signed(value: float) -> str:
    """A change as people read it: a real minus sign, and no more figures than it is good for."""
    text = f"{value:+.0f}" if abs(value) >= 9.5 else f"{value:+.1f}" if abs(value) >= 0.95 else f"{value:+.2f}"
    return "0" if float(text) == 0 else text.replace("-", "−")


def _round_up(value: float) -> float:
    """The next of 1, 1.5, 2, 3, 5, 7.5 times a power of ten: an end for an axis."""
    if not value > 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 1.5, 2, 3, 5, 7.5, 10) if value <= step * power * (1 + 1e-9))


def _name(label: str, top: float) -> str:
    short = label if len(label) <= 16 else f"{label[:15]}…"
    return f'<text class="name" x="{LABELS - 10}" y="{top + 20:g}" text-anchor="end">{escape(short)}</text>'


def _bar(start: float, end: float, top: float, thickness: float, colour: str, kind: str) -> str:
    return (
        f'<rect class="{kind}" x="{min(start, end):.1f}" y="{top:g}" width="{max(abs(end - start), 1.0):.1f}" '
        f'height="{thickness:g}" rx="2" fill="{colour}"/>'
    )


def _whisker(left: float, right: float, y: float, half: float) -> str:
    ends = f"M{left:.1f} {y - half:g}v{2 * half:g}M{right:.1f} {y - half:g}v{2 * half:g}"
    return f'<path class="whisker" d="M{left:.1f} {y:g}H{right:.1f}{ends}"/>'


def _svg(marks: Sequence[str], height: float, title: str, description: str) -> str:
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {max(height, 1):g}" role="group" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>{''.join(marks)}</svg>"
    )
