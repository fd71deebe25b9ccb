"""Charts of running evolutions as SVG, in the page's own ink and type, for light and dark.

Runs side by side are drawn on one scale, so that what looks higher is higher.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from demos.evolve.judgements import Judgement
from egan.curves import Curves
from egan.mutations import KNOWN
from egan.pictures.drawing import COLOURS as PAPERS

WIDTH, HEIGHT = 520, 172
LEFT, RIGHT, TOP, BOTTOM = 58, 8, 8, 24  # margins around the plot
GOLDEN = 137.508  # degrees: hues a golden angle apart are told apart best
COLOURS: dict[str, str] = PAPERS | {
    name: f"hsl({(18 + GOLDEN * place) % 360:.0f} 46% 54%)"
    for place, name in enumerate(name for name in KNOWN if name not in PAPERS)
}


def colour(mutation: str) -> str:
    """The colour of a mutation, the same in every chart; grey for one that the lab does not know."""
    return COLOURS.get(mutation, PAPERS["founder"])


@dataclass(frozen=True)
class Scale:
    """What the sides of a plot stand for: generations from 0 to ``last``, values from ``low`` to ``high``."""

    last: float
    low: float = 0.0
    high: float = 1.0

    @classmethod
    def around(cls, last: float, values: Iterable[np.ndarray]) -> Scale:
        """A scale on which all the finite ``values`` have room."""
        found = [each[np.isfinite(each)] for each in values]
        everything = np.concatenate(found) if found else np.empty(0)
        if not len(everything):
            return cls(last)
        low, high = float(everything.min()), float(everything.max())
        margin = 0.06 * (high - low) or 0.5 * abs(high) or 0.5
        return cls(last, low - margin, high + margin)

    def x(self, generation: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * generation / (self.last or 1.0)

    def y(self, value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (self.high - value) / (self.high - self.low)


def fitness_chart(course: Curves, scale: Scale) -> str:
    """The fitness of each mutation's child over the generations, averaged over a moving window."""
    lines = "".join(
        _line(_path(course.generations, curve.smooth, scale), colour(name)) for name, curve in course.fitness.items()
    )
    middle = (scale.low + scale.high) / 2
    return _frame("Fitness of each mutation's child", lines, scale, [scale.low, middle, scale.high], "{:.3g}".format)


def fitness_values(course: Curves) -> list[np.ndarray]:
    """What a fitness chart draws."""
    return [curve.smooth for curve in course.fitness.values()]


def advantage_chart(course: Curves, scale: Scale) -> str:
    """The same above the mean of its siblings: siblings live through the same, so this is what tells them apart."""
    lines = "".join(
        _line(_path(course.generations, curve.smooth, scale), colour(name)) for name, curve in course.advantage.items()
    )
    return _frame("The same, above the mean of its siblings", lines, scale, [scale.low, 0, scale.high], _signed)


def advantage_values(course: Curves) -> list[np.ndarray]:
    """What a chart of advantages draws, on both sides of zero."""
    values = [curve.smooth for curve in course.advantage.values()]
    return [*values, *(-each for each in values)]


def winners_chart(course: Curves, last: float) -> str:
    """The share of the generations around that each mutation won, stacked up to 100 %."""
    scale = Scale(last)
    base = np.zeros(len(course.generations))
    areas = ""
    for name, share in course.share.items():
        top = base + np.nan_to_num(share)
        there = _path(course.generations, top, scale)
        back = _path(course.generations[::-1], base[::-1], scale).replace("M", "L", 1)
        areas += f'<path d="{there}{back}Z" fill="{colour(name)}" fill-opacity="0.85"/>'
        base = top
    return _frame("Generations won by each mutation", areas, scale, [0, 0.5, 1], "{:.0%}".format)


def shares_chart(judged: Sequence[Judgement], kinds: int, last: float) -> str:
    """Coverage of the known modes or classes, and the good samples among all, both as shares; empty without these."""
    if not judged or not kinds:
        return ""
    for covered, good, words in (
        ("modes_covered", "high_quality_share", ("modes covered", "samples near a mode")),
        ("classes_covered", "confident_share", ("digits covered", "samples clearly a digit")),
    ):
        if covered in judged[-1].numbers:
            scale = Scale(last, 0.0, 1.04)
            lines = _judged_line(judged, covered, scale, "var(--good)", 1 / kinds)
            lines += _judged_line(judged, good, scale, "var(--bad)")
            key = _key({words[0]: "var(--good)", words[1]: "var(--bad)"})
            return _frame("An independent judge", lines, scale, [0, 0.5, 1], "{:.0%}".format, key)
    return ""


def distance_chart(judged: Sequence[Judgement], scale: Scale) -> str:
    """The distance to real examples as the judge measured it; empty where it did not."""
    name = distance_name(judged)
    if not name:
        return ""
    line = _judged_line(judged, name, scale, "var(--good)")
    middle = (scale.low + scale.high) / 2
    title = f"An independent judge: {measure(name)}, lower is better"
    return _frame(title, line, scale, [scale.low, middle, scale.high], "{:.3g}".format)


def distance_name(judged: Sequence[Judgement]) -> str:
    """The name of the judge's first distance; empty where there is none."""
    return next((name for name in (judged[-1].numbers if judged else ()) if name.startswith("frechet[")), "")


def measure(name: str) -> str:
    """A measure's name as people say it: ``frechet[points]`` is the Fréchet distance of points."""
    kind, _, seen_by = name.partition("[")
    told = {"frechet": "Fréchet distance", "kernel": "kernel distance"}.get(kind, kind.replace("_", " "))
    return f"{told} ({seen_by.rstrip(']')})" if seen_by else told


def distances(judged: Sequence[Judgement]) -> list[np.ndarray]:
    """What a chart of distances draws."""
    return [np.array([each.numbers.get(distance_name(judged), math.nan) for each in judged])]


def _judged_line(judged: Sequence[Judgement], name: str, scale: Scale, ink: str, factor: float = 1.0) -> str:
    generations = np.array([each.generation for each in judged])
    values = np.array([factor * each.numbers.get(name, math.nan) for each in judged])
    dots = (
        f'<circle cx="{scale.x(float(generations[-1])):.1f}" cy="{_last_y(values, scale):.1f}" r="3.4" fill="{ink}"/>'
    )
    return _line(_path(generations, values, scale), ink) + (dots if math.isfinite(values[-1]) else "")


def _last_y(values: np.ndarray, scale: Scale) -> float:
    return scale.y(float(values[-1]))


def _line(path: str, ink: str) -> str:
    return f'<path d="{path}" fill="none" stroke="{ink}" stroke-width="2" stroke-linejoin="round"/>'


def _path(generations: np.ndarray, values: np.ndarray, scale: Scale) -> str:
    """SVG's commands of a line; values that are not finite are left out."""
    places = [
        f"{scale.x(generation):.1f} {scale.y(value):.1f}"
        for generation, value in zip(generations.tolist(), values.tolist(), strict=True)
        if math.isfinite(value)
    ]
    return "M" + "L".join(places) if places else ""


def _signed(value: float) -> str:
    return f"{value:+.2g}" if value else "0"


def _key(inks: Mapping[str, str]) -> str:
    items = "".join(f'<span><i style="background:{ink}"></i>{escape(name)}</span>' for name, ink in inks.items())
    return f'<span class="key">{items}</span>'


def _frame(
    title: str, inside: str, scale: Scale, marks: Sequence[float], words: Callable[[float], str], key: str = ""
) -> str:
    grid = "".join(
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{scale.y(mark):.1f}" y2="{scale.y(mark):.1f}"/>'
        f'<text x="{LEFT - 7}" y="{scale.y(mark) + 4:.1f}" text-anchor="end">{words(mark)}</text>'
        for mark in marks
    )
    ends = "".join(
        f'<text x="{place}" y="{HEIGHT - 6}" text-anchor="{anchor}">{word}</text>'
        for place, anchor, word in (
            (LEFT, "start", "0"),
            ((LEFT + WIDTH - RIGHT) / 2, "middle", "generations"),
            (WIDTH - RIGHT, "end", f"{round(scale.last):,}"),
        )
    )
    return (
        f'<figure class="chart"><figcaption>{escape(title)}{key}</figcaption>'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
        f"<g>{grid}{ends}</g>{inside}</svg></figure>"
    )
