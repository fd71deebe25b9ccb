"""The control: the same strokes with random units, or from a random picture instead of an example that was chosen.

What they do as well is not evidence for the chosen ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from demos.paint.painter import Painter, Subject
from dissect.cause.random_units import random_units
from dissect.painting import BrushStroke, Fill, Stroke, Transplant

TRIALS = 3  # sets of random units, over which the control is averaged


def random_strokes(painter: Painter, strokes: Sequence[BrushStroke], rng: torch.Generator) -> list[BrushStroke]:
    """``strokes`` with other units, drawn from those of the layer that are not the stroke's own, or another picture.

    Strokes with the same units get the same others. Where most of the layer is chosen, the others are fewer, and all
    of them are taken. A stroke by example takes any picture of the bank, as it lies. ValueError where there are none.
    """
    drawn: dict[tuple[int, ...], list[int]] = {}
    others: list[BrushStroke] = []
    for stroke in strokes:
        if isinstance(stroke, Stroke):
            ((layer, chosen),) = stroke.unit_sets(painter.edit_session(0).canvas).items()
            if chosen.units not in drawn:
                drawn[chosen.units] = random_units(chosen.units, painter.dissection.count, rng)
            assert chosen.concept is not None
            others.append(replace(stroke, unit_set={layer: painter.unit_set_of(drawn[chosen.units], chosen.concept)}))
        else:
            assert isinstance(stroke, Transplant | Fill)
            layers = tuple(stroke.donor.features) if isinstance(stroke, Transplant) else stroke.layers
            donor = painter.examples.random_donor(layers, rng)
            mode = stroke.mode if isinstance(stroke, Transplant) else "erase"
            others.append(Transplant(mode, stroke.concepts, donor, stroke.mask, strength=stroke.strength))
    return others


def random_shares(painter: Painter, subject: Subject, strokes: Sequence[BrushStroke]) -> dict[str, float]:
    """The share of the picture of each label after the random strokes, a mean over ``TRIALS`` sets.

    The sets are the same at every call.
    """
    totals = dict.fromkeys(painter.labels, 0.0)
    for removal in range(TRIALS):
        rng = torch.Generator().manual_seed(removal)
        painting = painter.paint(subject, random_strokes(painter, strokes, rng))
        for line in painting.table:
            totals[line.concept] += line.after / painting.classes_after.numel() / TRIALS
    return totals
