"""The family tree of the last generations as a picture: whose line goes on, whose ended, and by which mutations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from core_gans.foundation.figures import page, themed
from egan.family import Place, common_ancestor, family_tree, living
from egan.individual import Record
from egan.pictures.colours import colours, words
from egan.pictures.panels import timeline

MARKS = "strong: the living and their ancestors · between: survived, but the line ended · faint: died at once"
NARROWEST = 10  # generations across the picture, so that a young tree is not torn apart
STEPS = np.linspace(0, 1, 13)
EASE = STEPS**2 * (3 - 2 * STEPS)  # lines leave and arrive level


@themed
def family_picture(records: Sequence[Record], generations: int = 40, title: str = "") -> Figure:
    """The last ``generations`` as RGB bytes (H, W, 3), time from left to right, coloured by mutation.

    Strong: the living and their ancestors. Middling: survivors whose line ended. Faint: children that died at once.
    ValueError when there is no generation yet.
    """
    places = family_tree(records, generations)
    last = max((place.generation for place in places.values()), default=0)
    if last < 1:
        raise ValueError("expected records of at least one generation, got founders only: evolve first.")
    lanes = 2 * max(abs(place.lane) for place in places.values()) + 1
    used = {place.record.mutation for place in places.values()}
    paint = colours(name for name in dict.fromkeys(record.mutation for record in records) if name in used)
    names = {words(name): colour for name, colour in paint.items()}
    figure = page(12, min(1.1 + 0.36 * max(lanes, 3), 10.0), title or "Family tree", MARKS, names)
    axes = figure.subplots()
    _lines(axes, places, paint)
    _dots(axes, places, paint)
    timeline(axes, _kinship(records))
    _frame(axes, max(0, last - generations), last, lanes)
    return figure


def _kind(place: Place) -> int:
    """0: died at once, 1: survived, but the line ended, 2: the line goes on."""
    return 2 if place.enduring else int(place.record.survived)


def _lines(axes: Axes, places: dict[int, Place], paint: dict[str, str]) -> None:
    for kind, (width, opacity) in enumerate(((0.7, 0.22), (1.2, 0.45), (2.4, 0.95))):
        children = [place for place in places.values() if _kind(place) == kind and place.record.parent in places]
        curves = []
        for child in children:
            parent = places[child.record.parent]
            across = parent.generation + STEPS * (child.generation - parent.generation)
            curves.append(np.stack([across, -(parent.lane + EASE * (child.lane - parent.lane))], axis=1))
        shades = [paint[child.record.mutation] for child in children]
        axes.add_collection(LineCollection(curves, colors=shades, linewidths=width, alpha=opacity, zorder=kind + 1))


def _dots(axes: Axes, places: dict[int, Place], paint: dict[str, str]) -> None:
    for kind, (size, opacity) in enumerate(((9, 0.4), (26, 0.65), (70, 1.0))):
        found = [place for place in places.values() if _kind(place) == kind]
        axes.scatter(
            [place.generation for place in found],
            [-place.lane for place in found],
            s=size,
            c=[paint[place.record.mutation] for place in found],
            alpha=opacity,
            edgecolors="white" if kind else "none",
            linewidths=1.0,
            zorder=kind + 4,
        )


def _frame(axes: Axes, first: int, last: int, lanes: float) -> None:
    axes.set_yticks([])
    axes.set_xlim(first - 0.6, max(last, first + NARROWEST) + 0.6)
    axes.set_ylim(-lanes / 2 - 0.2, lanes / 2 + 0.2)
    axes.set_xlabel("generation")


def _kinship(records: Sequence[Record]) -> str:
    """How closely the living are related; nothing to say of a single one."""
    alive = living(records)
    if len(alive) < 2:
        return ""
    ancestor = common_ancestor(records)
    if ancestor is None:
        return f"The {len(alive)} living have different founders."
    back = max(record.generation for record in alive) - ancestor.generation
    return (
        f"The {len(alive)} living share an ancestor {back} generation{'s' if back > 1 else ''} back: "
        f"{words(ancestor.mutation)}, number {ancestor.number:,}."
    )
