"""What the page shows of the evolutions in its two places, as HTML."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from core_gans.foundation.html import filled, tag
from core_gans.foundation.pixels import png_url
from core_gans.foundation.svg_charts import Plot
from demos.evolve.charts import (
    advantage_chart,
    advantage_values,
    colour,
    distance_chart,
    distances,
    fitness_chart,
    fitness_values,
    measure,
    scale_around,
    shares_chart,
    winners_chart,
)
from demos.evolve.plane import plane
from demos.evolve.settings import SETTINGS
from demos.evolve.snapshots import Snapshot
from demos.evolve.tree import tree_chart
from egan.pictures.drawing import words

WORDS = {
    "preparing": "Preparing the data and the first look of the judge …",
    "evolving": "Evolving",
    "concluding": "Saving, and asking the judge …",
    "paused": "Paused",
    "finished": "Finished",
    "stopped": "Stopped",
    "failed": "It did not work out",
}
INVITATIONS = {
    "A": "Nothing is evolving here yet. The defaults are a good start.",
    "B": "Start a second one in B, to compare the two: runs on the same data are drawn on the same scales.",
}


@dataclass(frozen=True)
class Scales:
    """Of the charts of all runs on the same data, so that they can be compared."""

    last: float  # generations
    fitness: Plot
    advantage: Plot
    distance: Plot

    @classmethod
    def of(cls, looks: Sequence[Snapshot]) -> Scales:
        last = float(max(look.generation for look in looks))
        courses = [look.course for look in looks if look.course is not None]
        return cls(
            last,
            scale_around(last, [values for course in courses for values in fitness_values(course)]),
            scale_around(last, [values for course in courses for values in advantage_values(course)]),
            scale_around(last, [values for look in looks for values in distances(look.judged)]),
        )


def stages(looks: Mapping[str, Snapshot | None]) -> list[tuple[str, str]]:
    """Of every place, in order, what stands above its buttons and what stands below."""
    by_data: dict[str, list[Snapshot]] = defaultdict(list)
    for look in looks.values():
        if look is not None:
            by_data[look.plan.data].append(look)
    return [
        ("", tag("div", tag("p", INVITATIONS[name]), class_="invitation"))
        if look is None
        else (_head(name, look), _body(look, Scales.of(by_data[look.plan.data])))
        for name, look in looks.items()
    ]


def _head(name: str, look: Snapshot) -> Markup:
    share = 100 * min(1.0, look.seconds / look.planned) if look.planned else 100.0
    return filled("demos.evolve", "head.html.j2", place=name, look=look, share=share, phases=WORDS)


def _body(look: Snapshot, scales: Scales) -> Markup:
    return filled(
        "demos.evolve",
        "body.html.j2",
        look=look,
        sheet=None if look.sheet is None else png_url(look.sheet),
        wins=sorted(look.wins.items(), key=lambda win: -win[1]) if any(look.wins.values()) else [],
        total=sum(look.wins.values()),
        charts=Markup("").join(_charts(look, scales)),
        plane=plane,
        measure=measure,
        colour=colour,
        words=words,
    )


def _charts(look: Snapshot, scales: Scales) -> Iterator[Markup]:
    if look.course is not None:
        yield fitness_chart(look.course, scales.fitness)
        if len(look.course.advantage) > 1:
            yield advantage_chart(look.course, scales.advantage)
        yield winners_chart(look.course, scales.last)
    known = SETTINGS.get(look.plan.data)
    shares = shares_chart(look.judged, known.kinds if known else 0, scales.last)
    yield shares or distance_chart(look.judged, scales.distance)
    yield tree_chart(look.tree)
