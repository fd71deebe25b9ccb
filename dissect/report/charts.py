"""The report's charts as inline SVG: how many units each concept has, how well they match, what causes what.

They are drawn for a width of about 560 pixels and scale down to a phone without becoming unreadable. Text and axes take
their colours from the page's CSS, so that one drawing serves light and dark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from dissect.report.markup import percent

WIDTH = 560
LABELS = 128  # pixels kept for the names on the left
ROW = 30


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
    """One concept's change: the mean over images with its interval, and the same for random units; any one unit."""

    label: str
    colour: str
    mean: float
    low: float
    high: float
    control: float
    control_low: float
    control_high: float


def units_chart(bars: Sequence[Bar]) -> str:
    """Horizontal bars: the number of units of each concept, with the concept's share of the pixels beside it."""
    longest = max((len(bar.ious) for bar in bars), default=1) or 1
    room = WIDTH - LABELS - 128
    rows = []
    for index, bar in enumerate(bars):
        top = index * ROW
        length = max(3.0, room * len(bar.ious) / longest)
        count = f"{len(bar.ious)} unit{'' if len(bar.ious) == 1 else 's'}"
        rows.append(
            f'<a href="#{bar.anchor}" aria-label="{escape(bar.label)}: {count}">'
            f"{_name(bar.label, top)}"
            f'<rect class="bar" x="{LABELS}" y="{top + 5}" width="{length:.1f}" height="{ROW - 10}" rx="4" '
            f'fill="{bar.colour}"/>'
            f'<text class="value" x="{LABELS + length + 8:.1f}" y="{top + 20}">{len(bar.ious)}</text>'
            f'<text class="aside" x="{WIDTH}" y="{top + 20}" text-anchor="end">{percent(bar.share)} of pixels</text></a>'
        )
    return _svg(rows, len(bars) * ROW, "Units of each concept", "One bar a concept, as long as it has matching units.")


def quality_chart(bars: Sequence[Bar]) -> str:
    """A dot for every matching unit at its IoU, a row for every concept: the same rows as ``units_chart``."""
    best = max((iou for bar in bars for _, iou in bar.ious), default=1.0)
    limit = min(1.0, max(0.1, -(-best * 10 // 1) / 10))
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


def effects_chart(effects: Sequence[Effect], title: str, unit: str) -> str:
    """Diverging bars: each concept's change with its interval, and below it, thinner, that of random units.

    Changes and intervals are in the same measure, which ``unit`` names for the axis.
    """
    reach = max((abs(end) for e in effects for end in (e.low, e.high, e.control_low, e.control_high)), default=0.0)
    reach = reach or 1.0
    room = (WIDTH - LABELS - 20) / 2
    middle = LABELS + 10 + room
    height = len(effects) * (ROW + 8)
    marks = [f'<line class="axis" x1="{middle:.1f}" x2="{middle:.1f}" y1="0" y2="{height}"/>']
    for sign in (-1, 0, 1):
        marks.append(
            f'<text class="aside" x="{middle + sign * room:.1f}" y="{height + 18}" '
            f'text-anchor="{("end", "middle", "start")[1 - sign]}">{sign * reach:+.3g}{unit}</text>'
            if sign
            else f'<text class="aside" x="{middle:.1f}" y="{height + 18}" text-anchor="middle">0</text>'
        )
    for index, effect in enumerate(effects):
        top = index * (ROW + 8)
        note = (
            f"{effect.label}: {effect.mean:+.3g}{unit} ({effect.low:+.3g} to {effect.high:+.3g}); "
            f"random units {effect.control:+.3g}{unit} ({effect.control_low:+.3g} to {effect.control_high:+.3g})"
        )
        scale = room / reach
        marks.append(
            f"<g><title>{escape(note)}</title>{_name(effect.label, top + 2)}"
            f"{_span(middle, scale * effect.mean, top + 5, 15, effect.colour, 'bar')}"
            f"{_whisker(middle + scale * effect.low, middle + scale * effect.high, top + 12.5)}"
            f"{_span(middle, scale * effect.control, top + 22, 7, 'currentColor', 'control')}"
            f"{_whisker(middle + scale * effect.control_low, middle + scale * effect.control_high, top + 25.5, 2.5)}</g>"
        )
    return _svg(marks, height + 26, title, "Each bar is a concept's change; the thin grey bar below is random units.")


def _name(label: str, top: float) -> str:
    short = label if len(label) <= 16 else f"{label[:15]}…"
    return f'<text class="name" x="{LABELS - 10}" y="{top + 20:g}" text-anchor="end">{escape(short)}</text>'


def _span(middle: float, length: float, top: float, thickness: float, colour: str, kind: str) -> str:
    left = middle + min(length, 0.0)
    return (
        f'<rect class="{kind}" x="{left:.1f}" y="{top:g}" width="{max(abs(length), 1.0):.1f}" '
        f'height="{thickness:g}" rx="2" fill="{colour}"/>'
    )


def _whisker(left: float, right: float, y: float, half: float = 4.0) -> str:
    return (
        f'<path class="whisker" d="M{left:.1f} {y:g}H{right:.1f}M{left:.1f} {y - half:g}v{2 * half:g}'
        f'M{right:.1f} {y - half:g}v{2 * half:g}"/>'
    )


def _svg(marks: Sequence[str], height: float, title: str, description: str) -> str:
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {max(height, 1):g}" role="group" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>{''.join(marks)}</svg>"
    )
