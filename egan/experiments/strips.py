"""Strips of tiles, a row for each contender: how samples come about, and what lies between latents.

The distributions of points as they form are the figures 4 and 5 of Wang et al. 2019; paths between latents their
figure 12.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from core_gans.data import Examples
from core_gans.foundation.figures import INK, QUIET, pixels, plain
from core_gans.foundation.sheets import cloud, sheet
from egan.pictures.drawing import DPI

SIDE = 150  # pixels of a tile
SHOWN = 2_000  # real points behind a cloud
LABEL, GAP, HEAD = 220, 12, 74  # pixels: beside a row, between tiles, above all
MOMENTS = (0.0, 0.08, 0.17, 0.25, 0.42, 0.67, 1.0)  # shares of a run that are shown
FRAME = (226, 228, 233)
BEGIN, END = (240, 170, 60), (60, 40, 140)  # colours of a path's ends
LONG = 22  # letters of a label that fit into a line

Strip = Sequence[np.ndarray]


def forming_picture(looks: Mapping[str, Tensor | None], examples: Examples, title: str) -> np.ndarray:
    """``looks`` are the samples of every look of one run (L, n, ...), None where it diverged; RGB bytes (H, W, 3)."""
    rows = {
        label: [] if each is None else [_tile(each[round(moment * (len(each) - 1))], examples) for moment in MOMENTS]
        for label, each in looks.items()
    }
    return _page(rows, title, "share of the run", [f"{moment:.0%}" for moment in MOMENTS])


def paths_picture(
    drawn: Mapping[str, Tensor | None], smoothness: Mapping[str, str], examples: Examples, title: str
) -> np.ndarray:
    """``drawn`` are paths (P, S, ...) of one run each; ``smoothness`` is written beside the label."""
    rows: dict[str, Strip] = {}
    for label, each in drawn.items():
        name = f"{label}\npath length\n{smoothness[label]}"
        if each is None:
            rows[name] = []
        elif each.dim() == 3:
            rows[name] = [_dots(path, examples) for path in each[:6]]
        else:
            scale = max(1, 64 // each.shape[-1])
            rows[name] = [sheet(each.flatten(0, 1), columns=each.shape[1], scale=scale)]
    note = "one path a tile, from orange to violet in even steps" if len(examples.shape) == 1 else "one path a row"
    return _page(rows, title, note, [])


def _tile(samples: Tensor, examples: Examples) -> np.ndarray:
    if len(examples.shape) > 1:
        return _square(sheet(samples[:4], columns=2, scale=max(1, 72 // examples.shape[-1])))
    return _square(cloud(samples, examples.images[:SHOWN], 2 * SIDE, _reach(examples)))


def _dots(path: Tensor, examples: Examples) -> np.ndarray:
    """Points at even steps along a path (S, 2): close together where it is slow, apart where it jumps."""
    side, reach = 2 * SIDE, _reach(examples)
    page = cloud(torch.zeros(0, 2), examples.images[:SHOWN], side, reach)
    places = ((path.numpy() * [1, -1] / reach + 1) * side / 2).clip(-side, 2 * side)
    for number, (x, y) in enumerate(places):
        share = number / max(1, len(places) - 1)
        colour = tuple(round(begin + (end - begin) * share) for begin, end in zip(BEGIN, END, strict=True))
        cv2.circle(page, (round(x), round(y)), 4, colour, -1, cv2.LINE_AA)
    return _square(page)


def _reach(examples: Examples) -> float:
    return 1.25 * float(examples.images[:SHOWN].abs().max())


def _square(page: np.ndarray) -> np.ndarray:
    small = np.asarray(cv2.resize(page, (SIDE, SIDE), interpolation=cv2.INTER_AREA))
    return np.asarray(cv2.rectangle(small, (0, 0), (SIDE - 1, SIDE - 1), FRAME, 1))


def _page(rows: Mapping[str, Strip], title: str, note: str, heads: Sequence[str]) -> np.ndarray:
    """Rows of tiles beside their labels, pixel for pixel."""
    tiles = [tile for strip in rows.values() for tile in strip]
    tall, wide = (max((tile.shape[axis] for tile in tiles), default=SIDE) for axis in (0, 1))
    most = max((len(strip) for strip in rows.values()), default=1) or 1
    width, height = LABEL + most * (wide + GAP) + GAP, HEAD + len(rows) * (tall + GAP)
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor="white")
    figure.text(GAP / width, 1 - 26 / height, plain(title), color=INK, fontsize=13, weight="bold")
    figure.text(GAP / width, 1 - 62 / height, note, color=QUIET, fontsize=8.5)
    for place, head in enumerate(heads):
        figure.text((LABEL + place * (wide + GAP)) / width, 1 - 62 / height, head, color=QUIET, fontsize=8.5)
    for line, (label, strip) in enumerate(rows.items()):
        top = HEAD + line * (tall + GAP)
        middle = 1 - (top + tall / 2) / height
        figure.text(GAP / width, middle, plain(_folded(label)), color=INK, fontsize=9, va="center")
        if not strip:
            figure.text(LABEL / width, middle, "diverged", color=QUIET, fontsize=9, va="center")
        for place, tile in enumerate(strip):
            figure.figimage(tile, LABEL + place * (wide + GAP), height - top - tile.shape[0])
    return pixels(figure)


def _folded(label: str) -> str:
    """A long label in several lines."""
    lines: list[str] = []
    for part in label.split("\n"):
        lines.append("")
        for word in part.split(" "):
            if lines[-1] and len(lines[-1]) + len(word) >= LONG:
                lines.append("")
            lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)
