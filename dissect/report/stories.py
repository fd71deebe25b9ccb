"""The stories a report tells of causes: what happened to the concepts without some units, and the pictures of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from core_gans.foundation.counting import how_many
from core_gans.foundation.intervals import Change, between
from core_gans.foundation.pixels import Picture, to_bytes
from dissect.cause.causal import CausalEffect
from dissect.edits import ablate
from dissect.hooks import at_rest, intervene
from dissect.measure.dissection import Dissection
from dissect.report.charts import Effect, signed
from dissect.report.gallery import Gallery
from dissect.sampling import generate, segment
from dissect.segmenters.protocol import Segmenter

PICTURES = 8
ROWS = 10  # of a chart, at most: the concepts that change most, with these units or with random ones
LEAST = 0.01  # of what stood behind: a smaller part is not drawn
RARE = 0.0005  # a concept on fewer of the pixels has no percentage worth drawing

Classes = npt.NDArray[np.int64]  # (H, W): a label's index, -1 for none


@dataclass(frozen=True)
class ImagePair:
    """One image with all units and without some: its place in the sample, its pictures, what the segmenter sees."""

    image: int
    before: Picture
    after: Picture
    seen_before: Classes
    seen_after: Classes


@dataclass(frozen=True)
class Story:
    """One set of units: what was measured, and the same images with and without them."""

    layer: str
    units: Sequence[int]
    concept: str
    heading: str
    text: str
    removed: Sequence[Effect]  # percent of each concept's own pixels
    caused: Sequence[Effect]  # percentage points of all pixels looked at
    elsewhere: Sequence[Effect]  # as ``removed``, net of what stood behind; empty where that was not measured
    behind: Sequence[tuple[str, str, float]]  # what the vanished pixels show now: label, colour, share in [0, 1]
    pairs: Sequence[ImagePair]


def stories(
    effects: Sequence[CausalEffect],
    generator: nn.Module,
    dissection: Dissection,
    latents: Tensor,
    segmenter: Segmenter,
    gallery: Gallery,
    colours: Sequence[str],
) -> list[Story]:
    """A story for each effect, its pictures drawn again without the units. ``colours`` are CSS's, one a label.

    Raises ValueError if an effect was measured with other labels than the dissection's.
    """
    return [_story(effect, generator, dissection, latents, segmenter, gallery, colours) for effect in effects]


def _story(
    effect: CausalEffect,
    generator: nn.Module,
    dissection: Dissection,
    latents: Tensor,
    segmenter: Segmenter,
    gallery: Gallery,
    colours: Sequence[str],
) -> Story:
    if effect.labels != dissection.labels:
        raise ValueError(
            f"expected causal effects on the concepts {', '.join(dissection.labels)}; "
            f"got one on {', '.join(effect.labels)}"
        )
    concept = subject(effect, dissection)
    images = _with_most(gallery, effect.labels.index(concept))
    with at_rest(generator), intervene(generator, {effect.layer: ablate(effect.units)}):
        after = generate(generator, latents[images])
    seen = segment(segmenter, after).cpu().numpy()
    removed, elsewhere = _removed(effect, colours), _elsewhere(effect, colours)
    return Story(
        layer=effect.layer,
        units=effect.units,
        concept=concept,
        heading=f"Without {how_many(len(effect.units), f'{concept} unit')}",
        text=_summary(effect, concept, removed, elsewhere),
        removed=removed,
        caused=_caused(effect, colours),
        elsewhere=elsewhere,
        behind=_behind(effect, colours),
        pairs=[
            ImagePair(image, gallery.pictures[image], without, gallery.classes[image], classes)
            for image, without, classes in zip(images, to_bytes(after), seen, strict=True)
        ],
    )


def subject(effect: CausalEffect, dissection: Dissection) -> str:
    """The concept that the units were said to stand for.

    Else the one whose best units these are; of another layer's units, the one they remove most of.
    """
    if effect.collateral is not None:
        return effect.collateral.concept
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


def _summary(effect: CausalEffect, concept: str, removed: Sequence[Effect], elsewhere: Sequence[Effect]) -> str:
    """In words, with the numbers of the charts ``removed`` and ``elsewhere``."""
    place = effect.labels.index(concept)
    if not effect.before[place] > 0:
        return f"None of the {how_many(effect.images, 'image')} shows {concept}."
    ours, control = (_scaled(change, place) for change in (effect.relative, effect.random_relative))
    return (
        f"{concept.capitalize()} pixels: {_percent(*ours)}, 95% interval over {how_many(effect.images, 'image')}. "
        f"With as many random units removed instead: {signed(control[0])}%."
        + ("" if effect.collateral is None else _aside(concept, removed, elsewhere))
    )


def _aside(concept: str, removed: Sequence[Effect], elsewhere: Sequence[Effect]) -> str:
    """A sentence on what happened to the other concepts: the largest change, net of what stood behind, that is sure."""
    sure = {row: min(abs(row.ours[1]), abs(row.ours[2])) for row in elsewhere if row.label != concept}
    sure = {row: least for row, least in sure.items() if row.ours[1] > 0 or row.ours[2] < 0}
    if not sure:
        return " Elsewhere, no other concept changes by more than its interval."
    worst = max(sure, key=lambda row: sure[row])
    in_all = [f", and {signed(row.ours[0])}% in all (chart Removed)" for row in removed if row.label == worst.label]
    return (
        f" Of all others, {worst.label} changes most surely: {_percent(*worst.ours)} where there was no {concept} "
        f"before (chart Elsewhere){''.join(in_all)}."
    )


def _percent(mean: float, low: float, high: float) -> str:
    return between(f"{signed(mean)}%", signed(low), signed(high))


def _scaled(change: Change, place: int) -> tuple[float, float, float]:
    """A change of one concept (mean, low, high) in percent, or of a share of all pixels in percentage points."""
    return 100 * float(change.mean[place]), 100 * float(change.low[place]), 100 * float(change.high[place])


def _removed(effect: CausalEffect, colours: Sequence[str]) -> list[Effect]:
    return _rows(effect, colours, effect.relative, effect.random_relative, RARE)


def _caused(effect: CausalEffect, colours: Sequence[str]) -> list[Effect]:
    return _rows(effect, colours, effect.ace, effect.random_ace, 0.0)[::-1]


def _elsewhere(effect: CausalEffect, colours: Sequence[str]) -> list[Effect]:
    found = effect.collateral
    return [] if found is None else _rows(effect, colours, found.net, found.random_net, RARE)


def _behind(effect: CausalEffect, colours: Sequence[str]) -> list[tuple[str, str, float]]:
    found = effect.collateral
    if found is None:
        return []
    shares = zip(effect.labels, colours, map(float, found.behind), strict=True)
    return sorted((part for part in shares if part[2] >= LEAST), key=lambda part: -part[2])[:ROWS]


def _rows(effect: CausalEffect, colours: Sequence[str], ours: Change, control: Change, rarest: float) -> list[Effect]:
    """The concepts that change most, from the greatest loss to the greatest gain; those too rare left out."""
    effects = [
        Effect(label, colours[place], _scaled(ours, place), _scaled(control, place))
        for place, label in enumerate(effect.labels)
        if effect.before[place] >= rarest and np.isfinite([ours.mean[place], control.mean[place]]).all()
    ]
    moved = [effect for effect in effects if effect.ours[0] or effect.control[0]]
    most = sorted(moved, key=lambda effect: -max(abs(effect.ours[0]), abs(effect.control[0])))[:ROWS]
    return sorted(most, key=lambda effect: effect.ours[0])
