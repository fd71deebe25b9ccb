"""The one explicit list of data sets, and a data set by its name or by a path."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from core_gans.data.clips.files import read_clips
from core_gans.data.clips.moving_digits import MOVING_DIGITS
from core_gans.data.clips.moving_scenes import MOVING_SCENES
from core_gans.data.data_set import DataSet, Progress, Wanted
from core_gans.data.digits import DIGITS
from core_gans.data.examples import Examples
from core_gans.data.files import read
from core_gans.data.frame import Frame, Resize, Size
from core_gans.data.points import GRID, RING
from core_gans.data.road.data_set import ROAD
from core_gans.data.scenes.data_set import SCENES
from core_gans.data.texts.known import TEXTS
from core_gans.foundation.errors import LabError
from core_gans.foundation.names import unknown_name
from core_gans.game import Kind

KNOWN: dict[str, DataSet] = {
    each.name: each for each in (RING, GRID, DIGITS, SCENES, MOVING_DIGITS, MOVING_SCENES, ROAD)
}
"""The data sets by name."""

NAMES = tuple(KNOWN)


def data_set(name: str | os.PathLike[str], takes: Sequence[Kind] = ("points", "images")) -> DataSet:
    """The data set called ``name``, or the one of the files at that path; a ValueError lists the nearest names.

    ``takes`` are the kinds that a game learns from: files are read as the first of them that files can be.
    """
    name = os.fspath(name)
    if name in KNOWN:
        return KNOWN[name]
    if name in TEXTS:
        raise LabError(f"{name} holds texts: train nmt or seqgan on it.")
    if not Path(name).exists() and os.sep not in name and "." not in name:
        raise unknown_name("data set", name, KNOWN)
    of_files: Kind = "images"
    kind = next((each for each in takes if each in READERS), of_files)
    about, reader = READERS[kind]
    return DataSet(name, about, kind, partial(reader, name), frames=8 if kind == "clips" else 1, rectangles=True)


def _clips(path: str, wanted: Wanted) -> Examples:
    frame = Frame.of(_size(wanted), wanted.channels, wanted.resize)
    return _of_files(
        read_clips(Path(path), frame, wanted.frames, skip_broken=wanted.skip_broken, progress=wanted.progress)
    )


def _size(wanted: Wanted) -> Size:
    return wanted.size if wanted.width is None else f"{wanted.width}x{wanted.size}"


def _images(path: str, wanted: Wanted) -> Examples:
    return _of_files(
        read(
            path,
            _size(wanted),
            wanted.channels,
            wanted.progress,
            resize=wanted.resize,
            skip_broken=wanted.skip_broken,
        )
    )


def _of_files(examples: Examples) -> Examples:
    """The same, not called like a known data set: that one's judge and recipe need not suit them."""
    return replace(examples, name=f"{examples.name} (files)") if examples.name in KNOWN else examples


READERS: dict[Kind, tuple[str, Callable[[str, Wanted], Examples]]] = {
    "images": ("Images of your own.", _images),
    "clips": ("Clips of your own.", _clips),
}
"""How files become examples of each kind, and what these are called."""


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
    takes: Sequence[Kind] = ("points", "images"),
) -> Examples:
    """The examples of the data set called ``name``, or those in the files at that path.

    ``size`` is the side of images in pixels (default: 32 for digits, files and clips, 64 for scenes), or "WIDTHxHEIGHT"
    for files, ``count`` how many points or scenes are drawn, from ``seed``, ``frames`` how many a clip has. Pictures in
    files are brought to the size by ``resize``: crop, pad or stretch; ``skip_broken`` leaves out what cannot be read;
    ``takes`` says of which kind files are, as for ``data_set``. Raises ValueError with the nearest names when ``name``
    is neither a data set nor a path, and whatever ``files.read`` or ``clips.files.read_clips`` raises.
    """
    return data_set(name, takes).load(
        size=size,
        channels=channels,
        count=count,
        seed=seed,
        progress=progress,
        resize=resize,
        skip_broken=skip_broken,
        frames=frames,
    )
