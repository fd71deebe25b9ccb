"""The page's section of causes: what happened to the concepts when units were removed and when they were inserted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from torch import Tensor, nn

from dissect.causal import CausalEffect, Change
from dissect.dissection import Dissection
from dissect.edits import ablate
from dissect.hooks import at_rest, intervene
from dissect.report.charts import Effect, effects_chart, signed
from dissect.report.gallery import Gallery, as_pictures
from dissect.report.markup import count, photo
from dissect.sampling import generate
from dissect.sheets import Picture, enlarge

PICTURES = 8
ROWS = 10  # of a chart, at most: the concepts that change most, with these units or with random ones
RARE = 0.0005  # a concept on fewer of the pixels has no percentage worth drawing
CUT = 100.0  # percent: a rare concept may grow many times over, and would flatten all other bars
WIDTH = 192  # pixels across a picture


@dataclass(frozen=True)
class Story:
    """One set of units: what was measured, and the same images with and without them."""

    heading: str
    text: str
    removed: Sequence[Effect]  # percent of each concept's own pixels
    caused: Sequence[Effect]  # percentage points of all pixels looked at
    pairs: Sequence[tuple[Picture, Picture]]  # before, after


def stories(
    effects: Sequence[CausalEffect],
    generator: nn.Module,
    dissection: Dissection,
    latents: Tensor,
    gallery: Gallery,
    colours: Sequence[str],
) -> list[Story]:
    """A story for each effect, its pictures drawn again without the units. ``colours`` are CSS's, one a label.

    Raises ValueError if an effect was measured with other labels than the dissection's.
    """
    return [_story(effect, generator, dissection, latents, gallery, colours) for effect in effects]


def section(told: Sequence[Story], quality: int) -> str:
    """The stories with their charts and pictures; nothing where there are none."""
    if not told:
        return ""
    return (
        "<p>A unit that lights up on trees need not <em>make</em> them. So units are changed while the generator "
        "draws, and the pixels of every concept are counted again. The thin grey bar below each bar is the "
        "control: as many other units, chosen at random. Whiskers are 95 % intervals, over images for the units and "
        "over random sets for the control; point at a bar to read its numbers.</p>"
    ) + "".join(_article(story, quality) for story in told)


def _story(
    effect: CausalEffect,
    generator: nn.Module,
    dissection: Dissection,
    latents: Tensor,
    gallery: Gallery,
    colours: Sequence[str],
) -> Story:
    if effect.labels != dissection.labels:
        raise ValueError(
            f"expected causal effects on the concepts {', '.join(dissection.labels)}; "
            f"got one on {', '.join(effect.labels)}"
        )
    concept = _subject(effect, dissection)
    images = _with_most(gallery, effect.labels.index(concept))
    with at_rest(generator), intervene(generator, {effect.layer: ablate(effect.units)}):
        after = as_pictures(generate(generator, latents[images]))
    return Story(
        heading=f"Without {count(len(effect.units), f'{concept} unit')}",
        text=_summary(effect, concept),
        removed=_removed(effect, colours),
        caused=_caused(effect, colours),
        pairs=[(gallery.pictures[image], without) for image, without in zip(images, after, strict=True)],
    )


def _subject(effect: CausalEffect, dissection: Dissection) -> str:
    """The concept whose best units these are; of another layer's units, the one they remove most of."""
    if effect.layer != dissection.layer:
        return effect.labels[int(effect.ablation.mean.argmin())]
    units = list(effect.units)
    ranked = np.argsort(-dissection.score, axis=0, kind="stable")[: len(units)]
    shared = np.isin(ranked, units).sum(axis=0) + dissection.score[units].mean(axis=0) / 2  # of equals, the closer
    return effect.labels[int(shared.argmax())]


def _with_most(gallery: Gallery, concept: int) -> list[int]:
    """The images that show most of the concept, among those that are drawn already."""
    pixels = {image: int((classes == concept).sum()) for image, classes in gallery.classes.items()}
    return sorted(pixels, key=lambda image: -pixels[image])[:PICTURES]


def _summary(effect: CausalEffect, concept: str) -> str:
    place = effect.labels.index(concept)
    before = effect.before[place]
    if not before > 0:
        return f"None of the {count(effect.images, 'image')} shows {concept}."
    ours, control = (_percent(change, place, before) for change in (effect.ablation, effect.random_ablation))
    mean, low, high = (signed(bound) for bound in ours)
    return (
        f"{concept.capitalize()} pixels: {mean} % (95 % interval {low} to {high} %, {count(effect.images, 'image')}). "
        f"With as many random units removed instead: {signed(control[0])} %."
    )


def _percent(change: Change, place: int, before: float) -> tuple[float, float, float]:
    """A change of one concept (mean, low, high) in percent of its own pixels: no more than all of them can go."""
    mean, low, high = (100 * float(bound[place]) / before for bound in (change.mean, change.low, change.high))
    return mean, max(low, -100.0), high


def _removed(effect: CausalEffect, colours: Sequence[str]) -> list[Effect]:
    return _rows(
        Effect(
            label,
            colours[place],
            _percent(effect.ablation, place, before),
            _percent(effect.random_ablation, place, before),
        )
        for place, (label, before) in enumerate(zip(effect.labels, effect.before.tolist(), strict=True))
        if before >= RARE
    )


def _caused(effect: CausalEffect, colours: Sequence[str]) -> list[Effect]:
    rows = _rows(
        Effect(label, colours[place], _points(effect.ace, place), _points(effect.random_ace, place))
        for place, label in enumerate(effect.labels)
    )
    return rows[::-1]


def _points(change: Change, place: int) -> tuple[float, float, float]:
    """A change of one concept (mean, low, high) in percentage points."""
    return 100 * float(change.mean[place]), 100 * float(change.low[place]), 100 * float(change.high[place])


def _rows(effects: Iterable[Effect]) -> list[Effect]:
    """The concepts that change most, from the greatest loss to the greatest gain."""
    moved = [effect for effect in effects if effect.ours[0] or effect.control[0]]
    most = sorted(moved, key=lambda effect: -max(abs(effect.ours[0]), abs(effect.control[0])))[:ROWS]
    return sorted(most, key=lambda effect: effect.ours[0])


def _article(story: Story, quality: int) -> str:
    pairs = "".join(
        f'<div class="pair">{photo(enlarge(before, WIDTH), quality, f"Picture {number} as it was")}'
        f"{photo(enlarge(after, WIDTH), quality, f'Picture {number} without the units')}</div>"
        for number, (before, after) in enumerate(story.pairs, start=1)
    )
    removed = effects_chart(story.removed, "What removing the units takes away", " %", CUT)
    caused = effects_chart(story.caused, "What the units cause", " pp")
    return (
        f'<article class="concept"><header><h3>{escape(story.heading)}</h3><p>{escape(story.text)}</p></header>'
        f'<figure><div class="eight">{pairs}</div><figcaption>Above as it was, below without the units.</figcaption>'
        f'</figure><div class="two"><figure><figcaption><b>Removed</b> How each concept changes when the units are '
        f"taken away, in percent of its own pixels.</figcaption>{removed}</figure><figure><figcaption><b>Caused</b> "
        "Pixels of each concept with the units set high, less those with the units removed, in percentage points of "
        f"all pixels looked at.</figcaption>{caused}</figure></div></article>"
    )
