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
from demos.evolve.snapshots import EvolutionSnapshot
from demos.evolve.tree import tree_chart
from egan.pictures.colours import words

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
    "A": "Press Start to evolve your own: the defaults are a good start.",
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
    def of(cls, snapshots: Sequence[EvolutionSnapshot]) -> Scales:
        last = float(max(snapshot.generation for snapshot in snapshots))
        reporters = [snapshot.curves_shown for snapshot in snapshots if snapshot.curves_shown is not None]
        return cls(
            last,
            scale_around(last, [values for curves_shown in reporters for values in fitness_values(curves_shown)]),
            scale_around(last, [values for curves_shown in reporters for values in advantage_values(curves_shown)]),
            scale_around(last, [values for snapshot in snapshots for values in distances(snapshot.judged)]),
        )


def stages(snapshots: Mapping[str, EvolutionSnapshot | None]) -> list[tuple[str, str]]:
    """Of every place, in order, what stands above its buttons and what stands below."""
    by_data: dict[str, list[EvolutionSnapshot]] = defaultdict(list)
    for snapshot in snapshots.values():
        if snapshot is not None:
            by_data[snapshot.run_summary.data].append(snapshot)
    return [
        ("", tag("div", tag("p", INVITATIONS[name]), class_="invitation"))
        if snapshot is None
        else (_head(name, snapshot), _body(snapshot, Scales.of(by_data[snapshot.run_summary.data])))
        for name, snapshot in snapshots.items()
    ]


def _head(name: str, snapshot: EvolutionSnapshot) -> Markup:
    share = 100 * min(1.0, snapshot.seconds / snapshot.planned) if snapshot.planned else 100.0
    return filled("demos.evolve", "head.html.j2", place=name, snapshot=snapshot, share=share, phases=WORDS)


def _body(snapshot: EvolutionSnapshot, scales: Scales) -> Markup:
    return filled(
        "demos.evolve",
        "body.html.j2",
        snapshot=snapshot,
        sheet=None if snapshot.sheet is None else png_url(snapshot.sheet),
        wins=sorted(snapshot.wins.items(), key=lambda win: -win[1]) if any(snapshot.wins.values()) else [],
        total=sum(snapshot.wins.values()),
        charts=Markup("").join(_charts(snapshot, scales)),
        plane=plane,
        measure=measure,
        colour=colour,
        words=words,
    )


def _charts(snapshot: EvolutionSnapshot, scales: Scales) -> Iterator[Markup]:
    if snapshot.curves_shown is not None:
        yield fitness_chart(snapshot.curves_shown, scales.fitness)
        if len(snapshot.curves_shown.advantage) > 1:
            yield advantage_chart(snapshot.curves_shown, scales.advantage)
        yield winners_chart(snapshot.curves_shown, scales.last)
    known = SETTINGS.get(snapshot.run_summary.data)
    shares = shares_chart(snapshot.judged, known.kinds if known else 0, scales.last)
    yield shares or distance_chart(snapshot.judged, scales.distance)
    yield tree_chart(snapshot.tree)
