"""Charts of a running evolution as SVG, in the page's own ink and type, for light and dark."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from egan.curves import Curves

WIDTH, HEIGHT = 520, 190
LEFT, RIGHT, TOP, BOTTOM = 46, 8, 8, 24  # margins around the plot


def fitness_chart(course: Curves, colours: Mapping[str, str]) -> str:
    """The fitness of each mutation's child over the generations, averaged over a moving window."""
    lines = {name: curve.smooth for name, curve in course.fitness.items()}
    finite = np.concatenate([values[np.isfinite(values)] for values in lines.values()])
    low, high = _bounds(finite)
    paths = "".join(
        f'<path d="{_path(course.generations, values, low, high)}" fill="none" stroke="{colours[name]}" '
        'stroke-width="2" stroke-linejoin="round"/>'
        for name, values in lines.items()
    )
    marks = [low, (low + high) / 2, high]
    return _frame("Fitness of each mutation's child", paths, course.generations, marks, low, high, "{:.3g}".format)


def winners_chart(course: Curves, colours: Mapping[str, str]) -> str:
    """The share of the generations around that each mutation won, stacked up to 100 %."""
    base = np.zeros(len(course.generations))
    areas = ""
    for name, share in course.share.items():
        top = base + np.nan_to_num(share)
        there = _path(course.generations, top, 0.0, 1.0)
        back = _path(course.generations[::-1], base[::-1], 0.0, 1.0).replace("M", "L", 1)
        areas += f'<path d="{there}{back}Z" fill="{colours[name]}" fill-opacity="0.85"/>'
        base = top
    return _frame(
        "Share of generations won by each mutation", areas, course.generations, [0, 0.5, 1], 0.0, 1.0, "{:.0%}".format
    )


def _bounds(values: np.ndarray) -> tuple[float, float]:
    if not len(values):
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    margin = 0.06 * (high - low) or 0.5 * abs(high) or 0.5
    return low - margin, high + margin


def _y(value: float, low: float, high: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low)


def _path(generations: np.ndarray, values: np.ndarray, low: float, high: float) -> str:
    """SVG's commands of a line; values that are not finite are left out."""
    first, last = float(generations.min()), float(generations.max())
    scale = (WIDTH - LEFT - RIGHT) / ((last - first) or 1.0)
    places = [
        f"{LEFT + scale * (generation - first):.1f} {_y(value, low, high):.1f}"
        for generation, value in zip(generations.tolist(), values.tolist(), strict=True)
        if math.isfinite(value)
    ]
    return "M" + "L".join(places) if places else ""


def _frame(
    title: str,
    inside: str,
    generations: np.ndarray,
    marks: Sequence[float],
    low: float,
    high: float,
    words: Callable[[float], str],
) -> str:
    grid = "".join(
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{_y(mark, low, high):.1f}" y2="{_y(mark, low, high):.1f}"/>'
        f'<text x="{LEFT - 7}" y="{_y(mark, low, high) + 4:.1f}" text-anchor="end">{words(mark)}</text>'
        for mark in marks
    )
    ends = "".join(
        f'<text x="{place}" y="{HEIGHT - 6}" text-anchor="{anchor}">{round(generation):,}</text>'
        for place, anchor, generation in (
            (LEFT, "start", float(generations[0])),
            (WIDTH - RIGHT, "end", float(generations[-1])),
        )
    )
    middle = f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}" text-anchor="middle">generations</text>'
    return (
        f'<figure class="chart"><figcaption>{title}</figcaption>'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">'
        f"<g>{grid}{ends}{middle}</g>{inside}</svg></figure>"
    )
