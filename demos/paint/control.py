"""The control: the same strokes with as many random units. What they do as well is not evidence for the chosen ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from demos.paint.painter import Painter
from dissect import Stroke
from dissect.cause.random_units import random_units

TRIALS = 3  # sets of random units, over which the control is averaged


def random_strokes(painter: Painter, strokes: Sequence[Stroke], rng: torch.Generator) -> list[Stroke]:
    """``strokes`` with other units, drawn from those of the layer that are not the stroke's own.

    Strokes with the same units get the same others. Where most of the layer is chosen, the others are fewer, and all
    of them are taken. ValueError where there are none.
    """
    drawn: dict[tuple[int, ...], list[int]] = {}
    others = []
    for stroke in strokes:
        chosen = stroke.unit_set.units
        if chosen not in drawn:
            drawn[chosen] = random_units(chosen, painter.dissection.count, rng)
        concept = stroke.unit_set.concept
        assert concept is not None
        others.append(replace(stroke, unit_set=painter.unit_set_of(drawn[chosen], concept)))
    return others


def random_shares(painter: Painter, seed: int, strokes: Sequence[Stroke]) -> dict[str, float]:
    """The share of the picture of each label after the strokes with random units, a mean over ``TRIALS`` sets.

    The sets are the same at every call.
    """
    totals = dict.fromkeys(painter.labels, 0.0)
    for removal in range(TRIALS):
        rng = torch.Generator().manual_seed(removal)
        painting = painter.paint(seed, random_strokes(painter, strokes, rng))
        for line in painting.table:
            totals[line.concept] += line.after / painting.classes_after.numel() / TRIALS
    return totals
