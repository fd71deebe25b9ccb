"""Data sets by name or by path."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import torch

from core_gans.data import scenes
from core_gans.data.batches import Batches
from core_gans.data.digits import digits
from core_gans.data.examples import Examples, as_float
from core_gans.data.few_labels import few_labels
from core_gans.data.files import read
from core_gans.data.points import grid, ring
from core_gans.foundation.errors import unknown_name

NAMES = ("ring", "grid", "digits", "scenes")
POINTS = 100_000  # drawn for ring and grid
SCENES = 4_000  # drawn for scenes, unless told otherwise

Progress = Callable[[int, int], None]


def load(
    name: str,
    *,
    size: int | None = None,
    channels: int | None = None,
    count: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Examples:
    """The data set called ``name``, or the files at that path.

    ``size`` is the side of images in pixels (default: 32 for digits and files, 64 for scenes), ``count`` how many
    points or scenes are drawn, from ``seed``. Raises ValueError with the nearest names when ``name`` is neither a
    data set nor a path, and whatever ``files.read`` raises.
    """
    if name in ("ring", "grid"):
        draw = ring if name == "ring" else grid
        return draw(count or POINTS, torch.Generator().manual_seed(seed))
    if name == "digits":
        return digits(size or 32)
    if name == "scenes":
        wanted = count or SCENES
        return scenes.examples(
            scenes.draw_many(wanted, size or 64, seed, progress and (lambda done: progress(done, wanted)))
        )
    if not Path(name).exists() and os.sep not in name and "." not in name:
        raise unknown_name("data set", name, NAMES)
    return read(name, size or 32, channels, progress)


__all__ = ["NAMES", "Batches", "Examples", "as_float", "few_labels", "load"]
