"""The one explicit list of data sets, and a data set by its name or by a path."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from core_gans.data.clips.moving_digits import MOVING_DIGITS
from core_gans.data.clips.moving_scenes import MOVING_SCENES
from core_gans.data.data_set import DataSet, Progress, Wanted
from core_gans.data.digits import DIGITS
from core_gans.data.examples import Examples
from core_gans.data.files import read
from core_gans.data.frame import Resize, Size
from core_gans.data.points import GRID, RING
from core_gans.data.road.data_set import ROAD
from core_gans.data.scenes.data_set import SCENES
from core_gans.data.texts.known import TEXTS
from core_gans.foundation.errors import LabError
from core_gans.foundation.names import unknown_name

KNOWN: dict[str, DataSet] = {
    each.name: each for each in (RING, GRID, DIGITS, SCENES, MOVING_DIGITS, MOVING_SCENES, ROAD)
}
"""The data sets by name."""

NAMES = tuple(KNOWN)


def data_set(name: str | os.PathLike[str]) -> DataSet:
    """The data set called ``name``, or the one of the files at that path; a ValueError lists the nearest names."""
    name = os.fspath(name)
    if name in KNOWN:
        return KNOWN[name]
    if name in TEXTS:
        raise LabError(f"{name} holds texts: train nmt or seqgan on it.")
    if not Path(name).exists() and os.sep not in name and "." not in name:
        raise unknown_name("data set", name, KNOWN)
    return DataSet(
        name,
        "Images of your own.",
        "images",
        partial(_read, name),
        rectangles=True,
    )


def _read(path: str, wanted: Wanted) -> Examples:
    return read(
        path,
        wanted.size if wanted.width is None else f"{wanted.width}x{wanted.size}",
        wanted.channels,
        wanted.progress,
        resize=wanted.resize,
        skip_broken=wanted.skip_broken,
    )


def load(
    name: str | os.PathLike[str],
    *,
    size: Size | None = None,
    channels: int | None = None,
    count: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    resize: Resize = "crop",
    skip_broken: bool = False,
    frames: int | None = None,
) -> Examples:
    """The examples of the data set called ``name``, or those in the files at that path.

    ``size`` is the side of images in pixels (default: 32 for digits and files, 64 for scenes), or "WIDTHxHEIGHT" for
    files, ``count`` how many points or scenes are drawn, from ``seed``, ``frames`` how many a clip has. Pictures in
    files are brought to the size by ``resize``: crop, pad or stretch; ``skip_broken`` leaves out what cannot be read.
    Raises ValueError with the nearest names when ``name`` is neither a data set nor a path, and whatever
    ``files.read`` raises.
    """
    return data_set(name).load(
        size=size,
        channels=channels,
        count=count,
        seed=seed,
        progress=progress,
        resize=resize,
        skip_broken=skip_broken,
        frames=frames,
    )
