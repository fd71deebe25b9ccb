"""The pictures of a mending: images before and after, the distances with their intervals, a numbered sample."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from core_gans.foundation.intervals import Interval
from core_gans.foundation.pixels import to_bytes
from core_gans.foundation.sheets import INK, label
from dissect.directions.lettering import GREY, below, beside, framed
from dissect.hooks import at_rest, intervene
from dissect.mending.folding import replaced
from dissect.mending.measuring import Mending
from dissect.report.markup import count
from dissect.report.sheets import Picture, enlarge
from dissect.sampling import generate

TILE, NAME, GAP = 112, 150, 4  # pixels: an image, the words at its left, between images
PLOT, ROW, NUMBER, FINER = 420, 24, 200, 3
OURS, CONTROL, LINE = (60, 95, 150), (165, 169, 178), (215, 218, 224)


def before_after(generator: nn.Module, mending: Mending, rows: Sequence[tuple[str, Tensor]]) -> Picture:
    """For each pair of words and latents (N, ...) a row of images as they were, and below it the same ones mended."""
    values = torch.tensor(mending.values)
    edit = replaced(mending.units, values, mending.strength)
    parts = []
    for words, latents in rows:
        with at_rest(generator):
            before = generate(generator, latents)
            with intervene(generator, {mending.layer: edit}):
                after = generate(generator, latents)
        parts.append(below([_row(words, "before", before), _row("", "mended", after)], GAP))
    return framed(below(parts, 3 * GAP))


def changes_chart(mending: Mending) -> Picture:
    """The change of the distance by the units, and by each random set, on one scale: a dot on its 95% interval."""
    changes = [mending.change, *mending.random_changes]
    names = [chosen_units(mending), *(f"random set {n + 1}" for n in range(len(changes) - 1))]
    low = min(0.0, *(change.low for change in changes))
    high = max(0.0, *(change.high for change in changes))
    margin = 0.05 * (high - low) or 1.0
    parts = [label(f"Change of the Frechet distance in {mending.features}", NAME + PLOT + NUMBER, 28, size=16)]
    for place, (name, change) in enumerate(zip(names, changes, strict=True)):
        ink, colour = (INK, OURS) if place == 0 else (GREY, CONTROL)
        parts.append(
            beside(
                [
                    label(f"{name}  ", NAME, ROW, align="right", ink=ink),
                    _dot(change, low - margin, high + margin, colour),
                    label(f"  {change:+.3f}", NUMBER, ROW, size=12, ink=ink),
                ]
            )
        )
    note = f"{mending.before.value:.3f} before; left of the line: nearer to real images ({mending.images:,} images)"
    parts.append(label(note, NAME + PLOT + NUMBER, 24, size=12, ink=GREY))
    return framed(below(parts))


def numbered(images: Tensor, columns: int = 12) -> Picture:
    """``images`` (N, C, H, W) in a grid, each with its number, from 0: for a person to name the bad ones."""
    tiles = [
        below([_tile(image, 88), label(str(number), 88, 16, size=12, align="centre", ink=GREY)])
        for number, image in enumerate(images)
    ]
    return framed(below([beside(tiles[start : start + columns], GAP) for start in range(0, len(tiles), columns)], GAP))


def chosen_units(mending: Mending) -> str:
    """What the page and the chart call them."""
    return count(len(mending.units), "chosen unit")


def _row(words: str, kind: str, images: Tensor) -> Picture:
    head = [label(words, NAME, 22, size=13), label(kind, NAME, 20, size=12, ink=GREY)]
    return beside([below([np.full((TILE // 2 - 22, NAME, 3), 255, dtype=np.uint8), *head]), *map(_tile, images)], GAP)


def _tile(image: Tensor, width: int = TILE) -> Picture:
    return enlarge(to_bytes(image[None])[0], width)


def _dot(change: Interval, low: float, high: float, colour: tuple[int, int, int]) -> Picture:
    plot = np.full((ROW * FINER, PLOT * FINER, 3), 255, dtype=np.uint8)
    least, value, most, zero = (
        round((number - low) / (high - low) * (PLOT * FINER - 1))
        for number in (change.low, change.value, change.high, 0.0)
    )
    middle = ROW * FINER // 2
    cv2.line(plot, (0, middle), (plot.shape[1], middle), (244, 245, 247), FINER)
    cv2.line(plot, (zero, 0), (zero, plot.shape[0]), LINE, FINER)
    cv2.line(plot, (least, middle), (most, middle), colour, 2 * FINER, cv2.LINE_AA)
    cv2.circle(plot, (value, middle), 5 * FINER, colour, -1, cv2.LINE_AA)
    return np.asarray(cv2.resize(plot, (PLOT, ROW), interpolation=cv2.INTER_AREA), dtype=np.uint8)
