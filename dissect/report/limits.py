"""The page's section on what a dissection does not say: the limits of the method, and what is wrong in this case."""

from __future__ import annotations

from html import escape

from dissect.measure.dissection import Dissection
from dissect.measure.remarks import remarks
from dissect.report.contents import Contents

LIMITS = (
    (
        "A match is no cause",
        "A unit may light up on trees because others draw them. Only removing and inserting it tells, which is what "
        "“Cause and effect” does, and only for the units named there.",
    ),
    (
        "Only concepts that the segmenter knows",
        "A unit without a match may well draw something: a texture, a shadow, an edge, or a thing that nobody put on "
        "the list. Where the segmenter errs, all numbers err with it.",
    ),
    (
        "One name a unit, many units a thing",
        "Each unit gets the one concept it agrees with best, but it may serve several, and most things are drawn by "
        "many units together. The number of units is no measure of how well a thing is drawn.",
    ),
    (
        "Removed is not the same as absent",
        "A unit at zero everywhere is something the later layers never met in training. Part of any effect is their "
        "surprise; the random units beside it show how much surprise alone does.",
    ),
    (
        "This generator, these pictures",
        "The intervals tell how far the numbers would move with other pictures of the same generator. Another training "
        "run has other units, in another order.",
    ),
)
BEST_OF_MANY = (
    "The best of many levels",
    "The level of each pair was chosen on the same pictures that were then counted, among a hundred, so its numbers "
    "are slightly too high. That is why a unit must pass a bound, and why numbers near the bound deserve no trust.",
)


def section(contents: Contents) -> str:
    """What is to be remarked of this dissection, and the limits of the method."""
    limits = LIMITS + ((BEST_OF_MANY,) if isinstance(contents.dissection.rule, str) else ())
    told = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(text)}</dd></div>" for name, text in limits)
    said = "".join(
        f'<p class="notice">{escape(line[0].upper() + line[1:])}.</p>' for line in remarks(contents.dissection)
    )
    return f'{said}<dl class="words limits">{told}</dl>'


def faults(dissection: Dissection) -> dict[int, str]:
    """What is wrong with each unit that has a fault, in one word: ``dead``, or ``NaN``, which is worse."""
    return dict.fromkeys(dissection.dead, "dead") | dict.fromkeys(dissection.broken, "NaN")
