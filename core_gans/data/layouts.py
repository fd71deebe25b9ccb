"""Which pictures of a folder or an archive are read, and which class each has, by the folders in which they lie."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from core_gans.data.pictures import SUFFIXES

TRAINING = ("train", "training")
SPLITS = {*TRAINING, "test", "testing", "val", "valid", "validation"}
Parts = tuple[str, ...]


class Layout(NamedTuple):
    """The places (n,) of the pictures to read, their labels (n,) and the names of the classes."""

    chosen: list[int]
    labels: Tensor | None
    classes: tuple[str, ...]
    notes: tuple[str, ...] = ()


def is_hidden(parts: Parts) -> bool:
    """Whether a file of this path is none of the pictures: hidden, or an addition of macOS."""
    return any(part.startswith(".") or part == "__MACOSX" for part in parts)


def is_picture(parts: Parts) -> bool:
    """Whether a file of this path is a picture by its ending, and not hidden."""
    return bool(parts) and parts[-1].lower().endswith(SUFFIXES) and not is_hidden(parts)


def endings() -> str:
    """The endings of picture files, for people."""
    return ", ".join(suffix.lstrip(".") for suffix in SUFFIXES)


def layout_of(paths: Sequence[Parts], where: str) -> Layout:
    """The layout of pictures at ``paths``, each as its parts, of which the last is the file.

    When all pictures lie in subfolders, the first level of subfolders is the classes, by name; a single subfolder is
    looked through. Pictures that lie directly in it mean that there are no labels. Of splits (``train``, ``test``), the
    training part is read. ValueError for splits without one.
    """
    chosen, parts = list(range(len(paths))), list(paths)
    notes: tuple[str, ...] = ()
    place = where
    while True:
        while len({part[0] for part in parts}) == 1 and len(parts[0]) > 1:
            place = f"{place}/{parts[0][0]}"
            parts = [part[1:] for part in parts]
        names = sorted({part[0] for part in parts})
        if len(names) == 1 or any(len(part) == 1 for part in parts):
            return Layout(chosen, None, (), notes)
        if not all(name.lower() in SPLITS for name in names):
            break
        train = next((name for name in names if name.lower() in TRAINING), None)
        if train is None:
            raise ValueError(f"{place} holds splits ({', '.join(names)}): give one of them, as {place}/{names[0]}")
        kept = [index for index, part in enumerate(parts) if part[0] == train]
        chosen, parts = [chosen[index] for index in kept], [parts[index] for index in kept]
        notes += (f"{place} holds splits ({', '.join(names)}): {train} is read; another is read by its path",)
    number = {name: index for index, name in enumerate(names)}
    return Layout(chosen, torch.tensor([number[part[0]] for part in parts]), tuple(names), notes)
