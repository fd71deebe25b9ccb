"""The concepts of a dissection as the page shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dissect.measure.dissection import Dissection
from dissect.report.charts import Bar
from dissect.report.contents import Contents


def units_by_concept(dissection: Dissection) -> dict[str, list[int]]:
    """The matched units of each concept that has any, best first; the concepts with the most units first."""
    found = {concept: units for concept in dissection.labels if (units := dissection.units(concept))}
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))


def bars(contents: Contents, found: Mapping[str, Sequence[int]]) -> list[Bar]:
    """A bar for each concept of ``found``."""
    return [
        Bar(
            label=concept,
            colour=contents.colour(concept),
            anchor=contents.anchor(concept) if concept in contents.plan else "all",
            share=contents.share(concept),
            ious=[(unit, contents.dissection.best(unit).iou) for unit in units],
        )
        for concept, units in found.items()
    ]
