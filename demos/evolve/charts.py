"""Charts of running evolutions.

Runs side by side are drawn on one scale, so that what looks higher is higher.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from markupsafe import Markup

from core_gans.foundation.html import tag
from core_gans.foundation.svg_charts import Margins, Plot, Words
from demos.evolve.judgements import Judgement
from egan.curves import Curves
from egan.mutations import KNOWN
from egan.pictures.colours import COLOURS as PAPERS

MARGINS = Margins(width=520, height=172, left=58, right=8, top=8, bottom=24)
GOOD, BAD = "var(--good)", "var(--bad)"
GOLDEN = 137.508  # degrees: hues a golden angle apart are told apart best
COLOURS: dict[str, str] = PAPERS | {
    name: f"hsl({(18 + GOLDEN * place) % 360:.0f} 46% 54%)"
    for place, name in enumerate(name for name in KNOWN if name not in PAPERS)
}


def colour(mutation: str) -> str:
    """The colour of a mutation, the same in every chart; grey for one that the lab does not know."""
    return COLOURS.get(mutation, PAPERS["founder"])


def scale(last: float, low: float = 0.0, high: float = 1.0) -> Plot:
    """A plot of generations from 0 to ``last``, and values from ``low`` to ``high``."""
    return Plot(MARGINS, (0.0, last), (low, high))


def scale_around(last: float, values: Iterable[np.ndarray]) -> Plot:
    """A plot in which all the finite ``values`` have room."""
    found = [each[np.isfinite(each)] for each in values]
    everything = np.concatenate(found) if found else np.empty(0)
    if not len(everything):
        return scale(last)
    low, high = float(everything.min()), float(everything.max())
    margin = 0.06 * (high - low) or 0.5 * abs(high) or 0.5
    return scale(last, low - margin, high + margin)


def fitness_chart(curves_shown: Curves, plot: Plot) -> Markup:
    """The fitness of each mutation's child over the generations, averaged over a moving window."""
    lines = [
        _line(plot, curves_shown.generations, curve.smooth, colour(name))
        for name, curve in curves_shown.fitness.items()
    ]
    return _figure("Fitness of each mutation's child", lines, plot, _ends_and_middle(plot), "{:.3g}".format)


def fitness_values(curves_shown: Curves) -> list[np.ndarray]:
    """What a fitness chart draws."""
    return [curve.smooth for curve in curves_shown.fitness.values()]


def advantage_chart(curves_shown: Curves, plot: Plot) -> Markup:
    """The same above the mean of its siblings: siblings live through the same, so this is what tells them apart."""
    lines = [
        _line(plot, curves_shown.generations, curve.smooth, colour(name))
        for name, curve in curves_shown.advantage.items()
    ]
    return _figure("The same, above the mean of its siblings", lines, plot, [plot.y.low, 0, plot.y.high], _signed)


def advantage_values(curves_shown: Curves) -> list[np.ndarray]:
    """What a chart of advantages draws, on both sides of zero."""
    values = [curve.smooth for curve in curves_shown.advantage.values()]
    return [*values, *(-each for each in values)]


def winners_chart(curves_shown: Curves, last: float) -> Markup:
    """The share of the generations around that each mutation won, stacked up to 100 %."""
    plot, base, areas = scale(last), np.zeros(len(curves_shown.generations)), []
    for name, share in curves_shown.share.items():
        top = base + np.nan_to_num(share)
        areas.append(
            plot.band(
                curves_shown.generations.tolist(), base.tolist(), top.tolist(), fill=colour(name), fill_opacity=0.85
            )
        )
        base = top
    return _figure("Generations won by each mutation", areas, plot, [0, 0.5, 1], "{:.0%}".format)


def shares_chart(judged: Sequence[Judgement], kinds: int, last: float) -> Markup:
    """Coverage of the known modes or classes, and the good samples among all, both as shares; empty without these."""
    plot = scale(last, 0.0, 1.04)
    for covered, good, words in (
        ("modes_covered", "high_quality_share", ("modes covered", "samples near a mode")),
        ("classes_covered", "confident_share", ("digits covered", "samples clearly a digit")),
    ):
        if kinds and judged and covered in judged[-1].numbers:
            lines = [*_judged_line(judged, covered, plot, GOOD, 1 / kinds), *_judged_line(judged, good, plot, BAD)]
            key = dict(zip(words, (GOOD, BAD), strict=True))
            return _figure("An independent judge", lines, plot, [0, 0.5, 1], "{:.0%}".format, key)
    return Markup("")


def distance_chart(judged: Sequence[Judgement], plot: Plot) -> Markup:
    """The distance to real examples as the judge measured it; empty where it did not."""
    name = distance_name(judged)
    if not name:
        return Markup("")
    title = f"An independent judge: {measure(name)}, lower is better"
    return _figure(title, _judged_line(judged, name, plot, GOOD), plot, _ends_and_middle(plot), "{:.3g}".format)


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


def _judged_line(judged: Sequence[Judgement], name: str, plot: Plot, ink: str, factor: float = 1.0) -> list[Markup]:
    generations = np.array([each.generation for each in judged])
    values = np.array([factor * each.numbers.get(name, math.nan) for each in judged])
    dots = [plot.dot(generations[-1], values[-1], 3.4, fill=ink)] if math.isfinite(values[-1]) else []
    return [_line(plot, generations, values, ink), *dots]


def _line(plot: Plot, generations: np.ndarray, values: np.ndarray, ink: str) -> Markup:
    """A line through the finite ``values``."""
    there = np.isfinite(values)
    return plot.line(
        generations[there], values[there], fill="none", stroke=ink, stroke_width=2, stroke_linejoin="round"
    )


def _ends_and_middle(plot: Plot) -> list[float]:
    return [plot.y.low, (plot.y.low + plot.y.high) / 2, plot.y.high]


def _signed(value: float) -> str:
    return f"{value:+.2g}" if value else "0"


def _figure(
    title: str,
    lines: Sequence[Markup],
    plot: Plot,
    marks: Sequence[float],
    words: Words,
    key: Mapping[str, str] | None = None,
) -> Markup:
    """The chart below its title and its ``key`` (colours by what they stand for)."""
    inks = [tag("span", tag("i", "", style=f"background:{ink}"), name) for name, ink in (key or {}).items()]
    ends = (
        (0, "0", "start"),
        (plot.x.high / 2, "generations", "middle"),
        (plot.x.high, f"{round(plot.x.high):,}", "end"),
    )
    chart = plot.svg(title, plot.axes(marks, ends, words), *lines)
    return tag(
        "figure", tag("figcaption", title, *([tag("span", *inks, class_="key")] if inks else [])), chart, class_="chart"
    )
