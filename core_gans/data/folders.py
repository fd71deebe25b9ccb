"""A folder of pictures, flat or with one subfolder per class."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from core_gans.data.collection import Broken, Collection, Read
from core_gans.data.frame import Frame
from core_gans.data.layouts import endings, is_picture, layout_of
from core_gans.data.pictures import decode_deep


def folder_collection(folder: Path) -> Collection:
    """Every picture below ``folder``, in the order of their paths; see ``layouts.layout_of`` for their classes.

    Hidden files are left out. Links are followed, to files and to folders.

    Raises ValueError for a folder without pictures, and for one that holds splits of which none is for training.
    """
    paths = pictures_below(folder)
    if not paths:
        raise ValueError(f"{folder} holds no pictures: expected files ending in {endings()}, here or in subfolders")
    layout = layout_of([path.relative_to(folder).parts for path in paths], str(folder))
    paths = [paths[index] for index in layout.chosen]

    def pictures(frame: Frame) -> Read:
        return decoded(paths, frame)

    return Collection(folder.resolve().name, len(paths), pictures, layout.labels, layout.classes, layout.notes)


def pictures_below(folder: Path) -> list[Path]:
    """The paths of all picture files below ``folder``, in order; hidden files and folders are left out.

    A linked folder that leads back to one that it lies in is not entered again.
    """
    return sorted(path for path in _files(folder, ()) if is_picture((path.name,)) and _is_meant(path))


def decoded(paths: Sequence[Path], frame: Frame) -> Read:
    """Each picture of ``paths`` in turn, or what is broken about it. ValueError for one that is too large."""
    for path in paths:
        try:
            with path.open("rb") as source:
                picture = decode_deep(source, str(path), frame.least, frame.colours == 4)
        except ValueError as error:
            yield Broken(str(path), str(error))
        except OSError as error:
            yield Broken(str(path), f"{path} cannot be opened ({error.strerror}): check its permissions or its link")
        else:
            yield picture


def _is_meant(path: Path) -> bool:
    """Whether it is a file, or a link to something that is gone, which is broken and not to be passed over."""
    return path.is_file() or (path.is_symlink() and not path.exists())


def _files(folder: Path, above: tuple[str, ...]) -> Iterator[Path]:
    here = os.path.realpath(folder)
    if here in above:
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") or entry.name == "__MACOSX":
                continue
            if entry.is_dir():
                yield from _files(folder / entry.name, (*above, here))
            else:
                yield folder / entry.name
