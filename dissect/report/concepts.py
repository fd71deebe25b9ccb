"""The page's section of concepts: how many units each has, how well they match, and the sheets of the best."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from dissect.measure.dissection import Match
from dissect.report import curves
from dissect.report.charts import Bar, quality_chart, units_chart
from dissect.report.contents import Contents
from dissect.report.markup import count, percent, photo, swatch

NOTHING = (
    "<p>No unit of this layer passed the criterion. Try a layer nearer to the middle of the generator, more images, or "
    "a segmenter that knows this generator’s pictures better.</p>"
)
INTRODUCTION = (
    "<p>A concept’s units are those that agree with it better than with any other, and well enough. Below, each is "
    "shown in the pictures where it is strongest, of all that were looked at: what it cares for, not what it does on "
    "average.</p>"
)


def section(contents: Contents, quality: int) -> str:
    """Two charts, then each concept with its best units; the concepts with the most units first."""
    dissection = contents.dissection
    units = {concept: dissection.units(concept) for concept in dissection.labels}
    found = sorted((concept for concept in units if units[concept]), key=lambda concept: -len(units[concept]))
    if not found:
        return NOTHING
    missing = [concept for concept in units if not units[concept]]
    left_out = [concept for concept in found if concept not in contents.plan]
    parts = [INTRODUCTION, _charts(contents, {concept: units[concept] for concept in found})]
    if missing:
        parts.append(f"<p>Without a unit: {escape(', '.join(missing))}.</p>")
    parts += [_concept(contents, concept, units[concept], quality) for concept in found if concept in contents.plan]
    if left_out:
        parts.append(f"<p>Also found, and only in the table below: {escape(', '.join(left_out))}.</p>")
    return "".join(parts)


def _charts(contents: Contents, units: dict[str, list[int]]) -> str:
    bars = [
        Bar(
            label=concept,
            colour=contents.colour(concept),
            anchor=contents.anchor(concept) if concept in contents.plan else "all",
            share=contents.share(concept),
            ious=[(unit, contents.dissection.best(unit).iou) for unit in found],
        )
        for concept, found in units.items()
    ]
    silent = contents.dissection.count - sum(len(bar.ious) for bar in bars)
    rest = f" {count(silent, 'unit')} of the layer match nothing well enough." if silent else ""
    return (
        f'<div class="two"><figure>{units_chart(bars)}<figcaption>How many units each concept has, and how much of the '
        f"pictures it fills.{rest}</figcaption></figure><figure>{quality_chart(bars)}<figcaption>How well they match: "
        "every dot is a unit at its IoU.</figcaption></figure></div>"
    )


def _concept(contents: Contents, concept: str, units: Sequence[int], quality: int) -> str:
    shown = contents.plan[concept]
    some = f", the best {len(shown)} shown" if len(shown) < len(units) else ""
    facts = f"{count(len(units), 'unit')}{some}; {percent(contents.share(concept))} of the pixels"
    sheets = "".join(_unit(contents, contents.dissection.best(unit), quality) for unit in shown)
    return (
        f'<article class="concept" id="{contents.anchor(concept)}"><header>'
        f"<h3>{swatch(contents.colour(concept))}{escape(concept)}</h3><p>{facts}</p></header>{sheets}</article>"
    )


def _unit(contents: Contents, match: Match, quality: int) -> str:
    tiles = "".join(
        photo(tile, quality, f"Unit {match.unit} outlined in the picture where it is number {rank} in strength")
        for rank, tile in enumerate(contents.tiles(match), start=1)
    )
    gauge = f"width:{100 * max(match.iou, 0.0):.1f}%;background:{contents.colour(match.concept)}"
    return (
        f'<figure class="unit"><figcaption><a href="#unit-{match.unit}">Unit {match.unit}</a>'
        f'<span class="gauge" aria-hidden="true"><span style="{gauge}"></span></span>'
        f"<span>IoU {match.iou:.3f}</span><span>score {match.score:.3f}</span>"
        f"<span>on in {percent(contents.area(match))}</span>"
        f"{curves.chart(contents.dissection, match, contents.colour(match.concept))}</figcaption>"
        f'<div class="eight">{tiles}</div></figure>'
    )
