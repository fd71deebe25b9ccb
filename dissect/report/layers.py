"""The page's section of layers: how many units of each know a concept, and which concepts.

Bau et al. 2019, GAN Dissection, section 4.1: early layers have few units that match anything, middle layers the most
objects, late layers materials, edges and colours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from dissect.measure.dissection import Dissection
from dissect.report.charts import Stack
from dissect.report.contents import Contents


def stacks(contents: Contents) -> list[Stack]:
    """A bar for each layer that was dissected."""
    return [
        Stack(
            layer,
            found.count,
            [(name, contents.colour(name), units) for name, units in units_of(found).items() if units],
        )
        for layer, found in contents.layers.items()
    ]


def units_of(dissection: Dissection) -> Counter[str]:
    """How many units of the layer match each concept."""
    found = Counter(dict.fromkeys(dissection.labels, 0))
    found.update(match.concept for match in dissection.matched())
    return found


def summary(layers: Mapping[str, Dissection]) -> list[dict[str, object]]:
    """For JSON and CSV: a layer's name, units, matched units, those expected by chance, concepts, and units of each."""
    told = []
    for layer, dissection in layers.items():
        found = units_of(dissection)
        told.append(
            {
                "layer": layer,
                "units": dissection.count,
                "matched": sum(found.values()),
                "expected_by_chance": dissection.expected_by_chance(),
                "concepts": sum(map(bool, found.values())),
                "units_of": dict(found),
            }
        )
    return told
