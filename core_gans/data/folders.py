"""A folder of pictures, flat or with one subfolder per class."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core_gans.data.examples import Examples
from core_gans.data.pictures import SUFFIXES, decode
from core_gans.data.squares import Progress, stack

_SPLITS = {"train", "training", "test", "testing", "val", "valid", "validation"}


def read_folder(folder: Path, size: int, channels: int | None = None, progress: Progress | None = None) -> Examples:
    """Every picture below ``folder``, in the order of their paths, as (N, C, size, size) uint8.

    When all pictures lie in subfolders, the first level of subfolders is the classes, by name; a single subfolder is
    looked through. Pictures directly in the folder mean that there are no labels. Hidden files are left out.

    Raises ValueError for a folder without pictures, for one that holds splits (``train``, ``test``), and for a
    picture that cannot be read.
    """
    paths = pictures_below(folder)
    if not paths:
        kinds = ", ".join(suffix.lstrip(".") for suffix in SUFFIXES)
        raise ValueError(f"{folder} holds no pictures: expected files ending in {kinds}, here or in subfolders")
    labels, classes = _classes(paths, folder)
    images = stack(_decoded(paths, size), len(paths), size, channels, progress)
    return Examples(folder.resolve().name, images, labels, classes)


def pictures_below(folder: Path) -> list[Path]:
    """The paths of all picture files below ``folder``, in order; hidden files and folders are left out."""
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name != "__MACOSX"]
        found += [Path(place, name) for name in names if not name.startswith(".")]
    return sorted(path for path in found if path.suffix.lower() in SUFFIXES and path.is_file())


def _classes(paths: list[Path], folder: Path) -> tuple[Tensor | None, tuple[str, ...]]:
    """The label of each picture and the names of the classes, or (None, ())."""
    parts = [path.relative_to(folder).parts for path in paths]
    while len({part[0] for part in parts}) == 1 and len(parts[0]) > 1:
        folder /= parts[0][0]
        parts = [part[1:] for part in parts]
    names = sorted({part[0] for part in parts})
    if len(names) == 1 or any(len(part) == 1 for part in parts):
        return None, ()
    if all(name.lower() in _SPLITS for name in names):
        raise ValueError(f"{folder} holds splits ({', '.join(names)}): give one of them, as {folder / names[0]}")
    number = {name: index for index, name in enumerate(names)}
    return torch.tensor([number[part[0]] for part in parts]), tuple(names)


def _decoded(paths: list[Path], size: int) -> Iterator[np.ndarray]:
    for path in paths:
        with path.open("rb") as source:
            yield decode(source, str(path), least=2 * size)
