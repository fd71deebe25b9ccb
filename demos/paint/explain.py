"""The units that fire at a place of a picture, and what becomes of the place without them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from demos.paint.brush import brush_mask
from demos.paint.control import TRIALS
from demos.paint.painter import Painter, Subject
from demos.paint.sketch import NAMED
from dissect import Match, ablate
from dissect.cause.random_units import random_units
from dissect.from_layer import features_after
from dissect.hooks import Edit, at_rest
from dissect.painting import BrushStroke, Canvas
from dissect.sampling import segment

LEAST_CELLS = 1.5  # radius, in cells of the layer, of the smallest place that is worth a test


@dataclass(frozen=True, eq=False)
class Firing:
    """A unit that fires at a place, its map (h, w), and how strongly: 0 at the unit's level, 1 at its peak."""

    match: Match
    activation: np.ndarray
    strength: float


@dataclass(frozen=True, eq=False)
class Removal:
    """A picture as it is, without some units at a place, and without as many others; shares are of the place."""

    label: str  # what is at the middle of the place
    before: Tensor  # (C, H, W), as the others
    after: Tensor
    random: Tensor  # of the first draw
    share: float  # that shows the label, before
    share_after: float
    share_random: float  # a mean over ``TRIALS`` draws


def features_of(painter: Painter, subject: Subject, strokes: Sequence[BrushStroke]) -> Tensor:
    """What the layer puts out (1, U, h, w) for what is painted on, with ``strokes`` made."""
    scene = painter.scene(subject)
    session = scene.edit_session
    with scene.lock, at_rest(session.net):
        run = (lambda: session.paint(strokes)) if strokes else (lambda: session.net(session.start))
        return features_after(session.net, painter.dissection.layer, run)


def firing(painter: Painter, features: Tensor, x: float, y: float) -> list[Firing]:
    """The units beyond their level at (x, y), in shares of the side, the strongest first; at most ``NAMED``."""
    dissection, side = painter.dissection, painter.side
    sharp = dissection.upsampling != "bilinear"
    maps = F.interpolate(features, size=(side, side), mode="nearest" if sharp else "bilinear")[0]
    here = maps[:, int(y * side), int(x * side)].tolist()
    found = []
    for unit, value in enumerate(here):
        match, peak = dissection.best(unit), float(dissection.peak[unit, 0])
        if unit not in (*dissection.dead, *dissection.broken) and value > match.level and peak > match.level:
            strength = min(1.0, (value - match.level) / (peak - match.level))
            found.append(Firing(match, features[0, unit].cpu().numpy(), strength))
    return sorted(found, key=lambda each: -each.strength)[:NAMED]


def label_at(painter: Painter, picture: Tensor, x: float, y: float) -> str:
    """The label that the segmenter gives ``picture`` (C, H, W) at (x, y); "nothing" for none."""
    classes = segment(painter.segmenter, picture[None])[0]
    number = int(classes[int(y * painter.side), int(x * painter.side)])
    return painter.labels[number] if number >= 0 else "nothing"


@dataclass(frozen=True, eq=False)
class Removed:
    """A stroke that sets units of a layer to zero, and shows all that follows from it."""

    layer: str
    units: Sequence[int]
    mask: Tensor

    def edits(self, _canvas: Canvas, brush: Tensor) -> dict[str, Edit]:
        """One ablation."""
        return {self.layer: ablate(self.units, brush)}

    def shown(self, _canvas: Canvas, brush: Tensor) -> Tensor:
        """Everything, (H, W)."""
        return torch.ones_like(brush)


def without(
    painter: Painter,
    subject: Subject,
    strokes: Sequence[BrushStroke],
    units: Sequence[int],
    x: float,
    y: float,
    radius: float,
) -> Removal:
    """Set ``units`` to zero within ``radius`` of (x, y), after ``strokes``, and then random others in their stead.

    ValueError where the layer has no such units, or no others.
    """
    layer, count = painter.dissection.layer, painter.dissection.count
    if set(range(count)) <= set(units):
        raise ValueError("expected a few units, and others to compare them with, got the whole layer")
    scene = painter.scene(subject)
    cells = scene.edit_session.cells[layer][1]
    mask = brush_mask(((x, y),), max(radius, LEAST_CELLS / cells), 0.0, painter.side)
    under = mask > 0.5
    others = [random_units(units, count, torch.Generator().manual_seed(draw)) for draw in range(TRIALS)]
    lasts = [Removed(layer, removed, mask) for removed in ([], units, *others)]
    with scene.lock:
        drawn = scene.edit_session.variations(strokes, lasts, keep_outside=False)
    label = label_at(painter, drawn[0].after, x, y)
    column = painter.labels.index(label) if label in painter.labels else -1
    shares = [(each.classes_after[under] == column).float().mean().item() for each in drawn]
    before, after, other = (each.after for each in drawn[:3])
    return Removal(label, before, after, other, shares[0], shares[1], sum(shares[2:]) / TRIALS)
