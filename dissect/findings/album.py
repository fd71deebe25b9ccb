"""The findings' pictures, by name: layers, objects removed, images before and after, doses, and insertions."""

import numpy as np
import torch
from torch import nn

from core_gans.foundation.colours import BLUE, RED
from core_gans.foundation.counting import how_many
from core_gans.foundation.pixels import Picture
from core_gans.foundation.sheets import below
from dissect.cause.context import Contexts
from dissect.findings.charts import Bar, bars, grid, lines
from dissect.findings.fates import fate, percent, sorted_by_change
from dissect.findings.gathering import Findings
from dissect.findings.pictures import insertion_rows, removal_rows
from dissect.findings.removal import RARE, Removal
from dissect.segmenters.protocol import Segmenter


def draw(
    findings: Findings, generator: nn.Module, segmenter: Segmenter, rng: torch.Generator, batch_size: int = 32
) -> dict[str, Picture]:
    """Every picture (H, W, 3), by name; ``rng`` draws the places of the insertions that are shown."""
    ordered = sorted_by_change(findings)
    fair = [each for each in ordered if each.share >= RARE] or ordered
    thinned = [each for each in fair if fate(each) == "thins out"][-1:]
    shown = list(dict.fromkeys([*fair[:2], findings.removed[findings.object], *thinned]))
    words = [(each.concept, each.units, f"{percent(each.change.value)} of {each.concept}") for each in shown]
    pictures = {
        "layers": _layers(findings),
        "removed": _removed(findings, ordered),
        "before-after": removal_rows(
            generator, findings.layer, words, findings.judged, segmenter, batch_size=batch_size
        ),
        "dose": _dose(findings),
    }
    if (contexts := findings.contexts) is not None:
        told = dict(zip(contexts.contexts, contexts.effect.mean.tolist(), strict=True))
        order = by_effect(contexts)
        told_rows = [(context, f"{contexts.concept} {told[context]:.2f}") for context in _extremes(order)]
        rows = insertion_rows(
            generator,
            findings.layer,
            contexts.units,
            contexts.value,
            told_rows,
            contexts.patch,
            findings.placed,
            segmenter,
            batch_size=batch_size,
            rng=rng,
        )
        if order:
            pictures["insertion"] = below([_insertion(findings, order), *rows])
    return pictures


def by_effect(contexts: Contexts) -> list[str]:
    """The contexts that have places, the largest effect first; those of too few places for an interval come last."""
    effect = contexts.effect
    there = [place for place, count in enumerate(contexts.places) if count]
    there.sort(key=lambda place: (np.isnan(effect.low[place]), -effect.mean[place]))
    return [contexts.contexts[place] for place in there]


def _extremes(order: list[str]) -> list[str]:
    return order if len(order) <= 4 else [*order[:2], *order[-2:]]


def _layers(findings: Findings) -> Picture:
    labels = findings.dissection.labels
    counts = np.array([[len(each.units(label)) for label in labels] for each in findings.dissections.values()])
    told = [
        f"{row.sum()} of {each.count}, {(row > 0).sum()} concepts"
        for row, each in zip(counts, findings.dissections.values(), strict=True)
    ]
    return grid("Units matched, by layer and concept", list(findings.dissections), labels, counts, told)


def _removed(findings: Findings, ordered: list[Removal]) -> Picture:
    rows = [
        Bar(
            each.concept,
            each.change,
            each.random,
            f"{percent(each.change.value)}  ({100 * each.share:.1f}% of pixels)",
        )
        for each in ordered
    ]
    title = f"How much of each concept goes with its {findings.count} units of {findings.layer}"
    note = f"grey: {findings.count} random units; whiskers: 95% intervals; {len(findings.judged)} images"
    return bars(title, rows, -1.0, 0.5, note)


def _dose(findings: Findings) -> Picture:
    dose = findings.dose
    panels = []
    for curve, across, title in (
        (dose.counts, [f"{d:g}" for d in dose.counts.doses], f"{dose.concept}: number of units removed"),
        (dose.strengths, [f"{d:g}" for d in dose.strengths.doses], f"{dose.concept}: strength, {dose.chosen} units"),
    ):
        ours = [(f"{dose.concept} removed", curve.removed, BLUE)]
        if np.isfinite(curve.disturbed.mean).all():  # else the concept is everything, and there are no others
            ours.append(("others disturbed", curve.disturbed, RED))
        panels.append(lines(title, across, ours, [curve.random_removed]))
    return below(panels)


def _insertion(findings: Findings, order: list[str]) -> Picture:
    contexts = findings.contexts
    assert contexts is not None
    rows = []
    for context in order:
        place = contexts.contexts.index(context)
        effect = contexts.effect
        told = f"{effect.mean[place]:.3f}" if np.isfinite(effect.low[place]) else "too few"
        rows.append(Bar(context, effect.of(place), None, f"{told}  ({how_many(contexts.places[place], 'place')})"))
    top = max(0.05, *(end for row in rows for end in row.ours if np.isfinite(end)))
    title = f"Where a {contexts.concept} can be put: pixels of {contexts.concept} per pixel asked for"
    return bars(
        title,
        rows,
        0.0,
        top,
        f"{len(contexts.units)} units of {contexts.layer} set in {contexts.patch} x {contexts.patch} cells",
    )
