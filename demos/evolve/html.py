"""What the page shows of the evolutions in its two places, as HTML."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

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
from demos.evolve.snapshots import Points, Snapshot
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
        ("", f'<div class="invitation"><p>{escape(INVITATIONS[name])}</p></div>')
        if look is None
        else (_head(name, look), _body(look, Scales.of(by_data[look.plan.data])))
        for name, look in looks.items()
    ]


def _head(name: str, look: Snapshot) -> str:
    return (
        f'<header class="run" data-phase="{look.phase}" data-generation="{look.generation}">'
        f'<div class="what"><b class="place">{escape(name)}</b><div><h3>{escape(look.plan.title)}</h3>'
        f"<p>{escape(look.plan.details)}</p></div></div>{_status(look)}</header>"
    )


def _body(look: Snapshot, scales: Scales) -> str:
    course = ""
    if look.course is not None:
        course = fitness_chart(look.course, scales.fitness)
        course += advantage_chart(look.course, scales.advantage) if len(look.course.advantage) > 1 else ""
        course += winners_chart(look.course, scales.last)
    known = SETTINGS.get(look.plan.data)
    judged = shares_chart(look.judged, known.kinds if known else 0, scales.last)
    judged = judged or distance_chart(look.judged, scales.distance)
    return (
        f'<div class="halves"><div class="half">{_samples(look)}{_verdict(look)}</div>'
        f'<div class="half">{_winners(look.wins)}{course}{judged}{tree_chart(look.tree)}</div></div>'
    )


def _status(look: Snapshot) -> str:
    if look.phase == "failed":
        return f'<p class="status" role="status"><b>{WORDS["failed"]}.</b> {escape(look.trouble)}</p>'
    share = 100 * min(1.0, look.seconds / look.planned) if look.planned else 100.0
    count = f"generation {look.generation:,} · {look.seconds:.0f} of {look.planned:.0f} s" if look.generation else ""
    note = f'<p class="note">{escape(look.note)}</p>' if look.note else ""
    return (
        f'<p class="status"><b role="status">{WORDS[look.phase]}</b> {count}</p>'
        f'<div class="meter"><span style="width:{share:.1f}%"></span></div>{note}'
    )


def _samples(look: Snapshot) -> str:
    if look.points is not None:
        return f'<figure class="shown">{plane(look.points)}<figcaption>{_told(look.points)}</figcaption></figure>'
    if look.sheet is None:
        return ""
    alt = f"{look.plan.title}: samples of the best survivor in generation {look.generation}"
    return (
        f'<figure class="shown"><img src="{png_url(look.sheet)}" alt="{escape(alt)}">'
        "<figcaption>Samples of the best survivor: always the same latents.</figcaption></figure>"
    )


def _told(points: Points) -> str:
    if not points.modes or points.high_quality is None:
        return "Samples over the data in grey."
    covered = sum(mode.covered for mode in points.modes)
    return (
        f"<b>{covered} of {len(points.modes)}</b> modes covered, <b>{points.high_quality:.0%}</b> of the samples near "
        "one. Data in grey."
    )


def _winners(wins: Mapping[str, int]) -> str:
    total = sum(wins.values())
    if not total:
        return ""
    parts = sorted(wins.items(), key=lambda win: -win[1])
    bar = "".join(f'<span style="flex:{count};background:{colour(name)}"></span>' for name, count in parts)
    names = "".join(
        f'<li><i style="background:{colour(name)}"></i>{escape(words(name))} <b>{count / total:.0%}</b></li>'
        for name, count in parts
    )
    return f'<div class="winners"><div class="share-bar" aria-hidden="true">{bar}</div><ul>{names}</ul></div>'


def _verdict(look: Snapshot) -> str:
    """The judge's table, once it is there."""
    if not look.after:
        return ""
    columns: Sequence[tuple[str, Mapping[str, float]]] = [("after", look.after)]
    if look.before:
        columns = [("before", look.before), *columns]
    heads = "".join(f'<th scope="col">{head}</th>' for head, _ in columns)
    rows = "".join(
        f'<tr><th scope="row">{escape(measure(name))}</th>'
        + "".join(f"<td>{numbers[name]:.3g}</td>" if name in numbers else "<td></td>" for _, numbers in columns)
        + "</tr>"
        for name in look.after
    )
    return (
        '<table class="judge"><caption>An independent judge, which knows the data but not the discriminator</caption>'
        f'<thead><tr><th scope="col">measure</th>{heads}</tr></thead><tbody>{rows}</tbody></table>'
    )
