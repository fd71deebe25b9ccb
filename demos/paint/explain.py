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
from demos.paint.painter import Painter
from demos.paint.sketch import NAMED
from dissect import Match, Stroke, ablate, intervene
from dissect.cause.random_units import random_units
from dissect.from_layer import EDITED, features_after
from dissect.sampling import generate, segment

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


def features_of(painter: Painter, seed: int, strokes: Sequence[Stroke]) -> Tensor:
    """What the layer puts out (1, U, h, w) for the scene of ``seed`` with ``strokes`` made."""
    scene = painter.scene(seed)
    if not strokes:
        return scene.edit_session.latent
    with scene.lock:
        return features_after(scene.edit_session.generator, lambda: scene.edit_session.paint(strokes))


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


def without(
    painter: Painter, seed: int, features: Tensor, units: Sequence[int], x: float, y: float, radius: float
) -> Removal:
    """Set ``units`` to zero within ``radius`` of (x, y), and then random others in their stead.

    ValueError where the layer has no such units, or no others.
    """
    others = [unit for unit in range(painter.dissection.count) if unit not in set(units)]
    if not others:
        raise ValueError("expected a few units, and others to compare them with, got the whole layer")
    mask = brush_mask(((x, y),), max(radius, LEAST_CELLS / features.shape[-1]), 0.0, painter.side)
    under = mask > 0.5
    scene = painter.scene(seed)
    rest = scene.edit_session.generator

    def pictured(removed: Sequence[int]) -> Tensor:
        with scene.lock, torch.no_grad():
            if not removed:
                return generate(rest, features)[0]
            with intervene(rest, {EDITED: ablate(removed, mask)}):
                return generate(rest, features)[0]

    before, after = pictured([]), pictured(units)
    label = label_at(painter, before, x, y)
    draws = []
    for draw in range(TRIALS):
        rng = torch.Generator().manual_seed(draw)
        draws.append(pictured(random_units(units, painter.dissection.count, rng)))
    column = painter.labels.index(label) if label in painter.labels else -1
    shown = segment(painter.segmenter, torch.stack([before, after, *draws]))
    shares = [(classes[under] == column).float().mean().item() for classes in shown]
    return Removal(label, before, after, draws[0], shares[0], shares[1], sum(shares[2:]) / TRIALS)
