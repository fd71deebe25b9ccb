"""Samples of every contender, best first: a strip of images each, or a cloud of points for every seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from matplotlib.figure import Figure
from torch import Tensor

from core_gans.comparison.drawing import DPI, TROUBLE
from core_gans.data import Examples, as_float
from core_gans.foundation.figures import INK, QUIET, pixels, plain
from core_gans.foundation.sheets import cloud, sheet

STRIP = 16  # images of a row
CLOUD = 170  # pixels of a cloud's side
SHOWN = 2_000  # real points behind a cloud
LABEL, GAP, HEAD = 212, 14, 46  # pixels: beside a row, between rows, above all
LONG = 24  # letters of a label that fit into a line

Strip = list[np.ndarray | None]


def samples_picture(drawn: Mapping[str, Sequence[Tensor | None]], examples: Examples) -> np.ndarray:
    """``drawn`` holds the samples of each contender for each seed, None where the run diverged; RGB bytes (H, W, 3)."""
    if len(examples.shape) == 1:
        real = examples.images[:SHOWN]
        reach = 1.25 * float(real.abs().max())
        rows: dict[str, Strip] = {
            label: [None if points is None else _cloud(points, real, reach) for points in seeds]
            for label, seeds in drawn.items()
        }
        note = f"one cloud a seed, {len(real):,} real points in grey behind it"
    else:
        scale = max(1, 64 // examples.shape[-1])
        shown = as_float(examples.images[:: max(1, len(examples) // STRIP)][:STRIP])
        rows = {"real": [sheet(shown, STRIP, scale)]}
        for label, seeds in drawn.items():
            first = next((images for images in seeds if images is not None), None)
            rows[label] = [None if first is None else sheet(first[:STRIP], STRIP, scale)]
        note = "the first run of each that came to its end"
    return _page(rows, f"Samples of {examples.name}", note)


def _cloud(points: Tensor, real: Tensor, reach: float) -> np.ndarray:
    """Drawn twice as large and made smaller, so that the dots of so many points stay apart."""
    return cv2.resize(cloud(points, real, 2 * CLOUD, reach), (CLOUD, CLOUD), interpolation=cv2.INTER_AREA)


def _page(rows: dict[str, Strip], title: str, note: str) -> np.ndarray:
    """Rows of tiles beside their labels, pixel for pixel, in two columns where there are many narrow rows."""
    tiles = [tile for strip in rows.values() for tile in strip if tile is not None]
    tile_height, tile_width = (max(tile.shape[axis] for tile in tiles) if tiles else CLOUD for axis in (0, 1))
    most = max(len(strip) for strip in rows.values())
    cell = LABEL + most * (tile_width + GAP)
    columns = 2 if len(rows) > 5 and cell < 800 else 1
    lines = -(-len(rows) // columns)
    width, height = columns * cell + GAP, HEAD + lines * (tile_height + GAP)
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor="white")
    figure.text(GAP / width, 1 - 28 / height, plain(title), color=INK, fontsize=14, weight="bold")
    figure.text(LABEL / width + 0.06, 1 - 28 / height, note, color=QUIET, fontsize=9)
    for number, (label, strip) in enumerate(rows.items()):
        column, line = divmod(number, lines)
        left, top = column * cell, HEAD + line * (tile_height + GAP)
        middle = 1 - (top + tile_height / 2) / height
        figure.text((left + GAP) / width, middle, plain(_folded(label)), color=INK, fontsize=10, va="center")
        for place, tile in enumerate(strip):
            x = left + LABEL + place * (tile_width + GAP)
            if tile is None:
                figure.text(x / width, middle, "diverged", color=TROUBLE, fontsize=10, va="center")
            else:
                figure.figimage(tile, x, height - top - tile.shape[0])
    return pixels(figure)


def _folded(label: str) -> str:
    """A long label in several lines, broken between words, and behind the = of a word that is too long."""
    words: list[str] = []
    for word in label.split(" "):
        name, equals, value = word.partition("=")
        words += [word] if len(word) < LONG else [name + equals, value]
    lines = [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + len(word) >= LONG:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)
