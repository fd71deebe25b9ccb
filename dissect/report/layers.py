"""The page's section of layers: how many units of each know a concept, and which concepts.

Bau et al. 2019, GAN Dissection, section 4.1: early layers have few units that match anything, middle layers the most
objects, late layers materials, edges and colours.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from dissect.measure.dissection import Dissection
from dissect.report.charts import Stack, stacks_chart
from dissect.report.contents import Contents
from dissect.report.markup import percent, swatch


def section(contents: Contents) -> str:
    """A chart and a table with a row for each layer; nothing where only one layer was dissected."""
    if len(contents.layers) < 2:
        return ""
    counts = {layer: units_of(dissection) for layer, dissection in contents.layers.items()}
    stacks = [
        Stack(
            label=layer,
            total=contents.layers[layer].count,
            parts=[(concept, contents.colour(concept), number) for concept, number in found.items() if number],
        )
        for layer, found in counts.items()
    ]
    chart = stacks_chart(stacks, "Units of each layer by their concept")
    there = [concept for concept in contents.dissection.labels if any(found[concept] for found in counts.values())]
    legend = "".join(f"<li>{swatch(contents.colour(concept))}{escape(concept)}</li>" for concept in there)
    rows = "".join(_row(contents, layer, found) for layer, found in counts.items())
    return (
        "<p>The same pictures, asked of every layer, from the first to the last. A bar is a whole layer; its coloured "
        "parts are the units that match a concept, the pale rest match none. In the paper’s generators early layers "
        "have few units that match anything nameable, objects live in the middle, and the last layers know edges and "
        "colour; here, see for yourself. Late in the network a match is easier to have: the picture is nearly done "
        "there. The rest of this report is about the layer with the star.</p>"
        f'<figure class="narrow">{chart}<ul class="legend">{legend}</ul></figure>'
        '<div class="scroll" tabindex="0" role="region" aria-label="Layers compared"><table>'
        "<caption>The layers compared</caption><thead><tr>"
        '<th scope="col" class="text">Layer</th><th scope="col">Units</th><th scope="col">Matched</th>'
        '<th scope="col">Concepts</th><th scope="col">Best score</th><th scope="col" class="text">Most units</th>'
        f"</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def units_of(dissection: Dissection) -> dict[str, int]:
    """How many units of the layer match each concept."""
    found = dict.fromkeys(dissection.labels, 0)
    for match in dissection.matched():
        found[match.concept] += 1
    return found


def summary(layers: Mapping[str, Dissection]) -> list[dict[str, object]]:
    """For JSON and CSV: a layer's name, units, matched units, concepts with units, and units of each concept."""
    told = []
    for layer, dissection in layers.items():
        found = units_of(dissection)
        told.append(
            {
                "layer": layer,
                "units": dissection.count,
                "matched": sum(found.values()),
                "concepts": sum(map(bool, found.values())),
                "units_of": found,
            }
        )
    return told


def _row(contents: Contents, layer: str, found: Mapping[str, int]) -> str:
    dissection = contents.layers[layer]
    matched = sum(found.values())
    best = max((match.score for match in dissection.matched()), default=None)
    most = [concept for concept in sorted(found, key=lambda concept: -found[concept]) if found[concept]][:3]
    star = ' <span aria-label="the layer of this report">★</span>' if layer == contents.dissection.layer else ""
    return (
        f'<tr><th scope="row" class="text"><code>{escape(layer)}</code>{star}</th><td>{dissection.count}</td>'
        f"<td>{matched} ({percent(matched / dissection.count)})</td><td>{sum(map(bool, found.values()))}</td>"
        f'<td>{"–" if best is None else f"{best:.3f}"}</td><td class="text">'
        f"{escape(', '.join(f'{concept} {found[concept]}' for concept in most)) or '–'}</td></tr>"
    )
