"""Strips of tiles, a row for each contender: how samples come about, and what lies between latents.

The distributions of points as they form are the figures 4 and 5 of Wang et al. 2019; paths between latents their
figure 12.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from torch import Tensor

from core_gans.comparison.samples import NAMES, SHOWN, cloud_before, diverged
from core_gans.data import Examples
from core_gans.foundation.colours import GRID
from core_gans.foundation.pixels import Picture
from core_gans.foundation.sheets import bordered, cloud, labelled_rows, sheet

SIDE = 150  # pixels of a tile
MOMENTS = (0.0, 0.08, 0.17, 0.25, 0.42, 0.67, 1.0)  # shares of a run that are shown
BEGIN, END = (240, 170, 60), (60, 40, 140)  # colours of a path's ends


def forming_picture(looks: Mapping[str, Tensor | None], examples: Examples, title: str) -> Picture:
    """``looks`` are the samples of every look of one run (L, n, ...), None where it diverged."""
    rows = [
        (
            label,
            [diverged()]
            if each is None
            else [_tile(each[round(moment * (len(each) - 1))], examples) for moment in MOMENTS],
        )
        for label, each in looks.items()
    ]
    heads = [f"{moment:.0%}" for moment in MOMENTS]
    return labelled_rows(rows, width=NAMES, title=title, note="the columns: shares of the run", heads=heads)


def paths_picture(
    drawn: Mapping[str, Tensor | None], smoothness: Mapping[str, str], examples: Examples, title: str
) -> Picture:
    """``drawn`` are paths (P, S, ...) of one run each; ``smoothness`` is written beside the label."""
    note = "one path a tile, from orange to violet in even steps" if len(examples.shape) == 1 else "one path a row"
    rows = [
        (f"{label}\npath length {smoothness[label]}", [diverged()] if each is None else _paths(each, examples))
        for label, each in drawn.items()
    ]
    return labelled_rows(rows, width=NAMES, title=title, note=note)


def _tile(samples: Tensor, examples: Examples) -> Picture:
    if len(examples.shape) == 1:
        return bordered(cloud_before(examples.images[:SHOWN], samples, SIDE), GRID)
    return sheet(samples[:4], columns=2, scale=max(1, 72 // examples.shape[-1]))


def _paths(paths: Tensor, examples: Examples) -> list[Picture]:
    """Points at even steps along each path (S, 2): close together where it is slow, apart where it jumps."""
    if len(examples.shape) > 1:
        return [sheet(paths.flatten(0, 1), paths.shape[1], max(1, 64 // paths.shape[-1]))]
    share = np.linspace(0, 1, paths.shape[1])[:, None]
    colours = [tuple(each) for each in (BEGIN + share * np.subtract(END, BEGIN)).round().astype(int).tolist()]
    real = examples.images[:SHOWN]
    return [bordered(cloud(path, real, SIDE, colours=colours, radius=4, finer=2), GRID) for path in paths[:6]]
