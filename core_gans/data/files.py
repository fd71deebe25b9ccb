"""Images from the disk, whatever they are kept in: folders of pictures, .npz, IDX, CIFAR pickles.

What a path is, is told by what lies there, not by its ending. Everything is read as untrusted: nothing is executed,
and a file that is damaged, enormous or not what it says is refused in one line.
"""

from __future__ import annotations

import os
from pathlib import Path

from core_gans.data.cifar import read_cifar, training_files
from core_gans.data.examples import Examples
from core_gans.data.folders import read_folder
from core_gans.data.idx import labels_beside, read_idx_examples
from core_gans.data.npz import read_npz
from core_gans.data.pictures import SUFFIXES
from core_gans.data.squares import Progress
from core_gans.foundation.names import did_you_mean


def read(
    path: str | os.PathLike[str], size: int, channels: int | None = None, progress: Progress | None = None
) -> Examples:
    """The images at ``path``: (N, C, size, size) uint8, with labels and class names where there are any.

    Args:
        path: a folder of pictures (see ``read_folder``), of CIFAR pickles or of IDX files; or one .npz (``read_npz``;
            ``file.npz:name`` names the array), one IDX file, plain or gzipped, or one CIFAR pickle.
        size: side of the images in pixels; each is cropped to its central square and resized to it.
        channels: 1 for grey, 3 for RGB; by default what the data has.
        progress: called after each image with the number done and the number in all.

    Raises FileNotFoundError, with the nearest names, if nothing is there, and ValueError for what cannot be read.
    """
    if size < 1:
        raise ValueError(f"expected a size of at least 1 pixel, got {size}")
    if channels not in (None, 1, 3):
        raise ValueError(f"expected channels 1 (grey) or 3 (RGB), got {channels}")
    place, array = file_and_array(Path(path))
    if not place.exists():
        raise _missing(place)
    if place.is_dir():
        if training_files(place):
            return read_cifar(place, size, channels, progress)
        images = _idx_images(place)
        if images is not None:
            return read_idx_examples(images, size, channels, progress)
        return read_folder(place, size, channels, progress)
    if not place.is_file():
        raise ValueError(f"{place} is neither a file nor a folder: give one of them")
    with place.open("rb") as file:
        begin = file.read(4)
    if begin.startswith(b"PK"):
        return read_npz(place, size, channels, progress, array)
    if begin.startswith((b"\x1f\x8b", b"\0\0")):
        return read_idx_examples(place, size, channels, progress)
    if begin.startswith(b"\x80") and begin[1:2] <= b"\x05":
        return read_cifar(place, size, channels, progress)
    if place.suffix.lower() in SUFFIXES:
        raise ValueError(f"{place} is one picture: give the folder, {place.parent}")
    raise ValueError(f"{place} is no data set: expected a folder of pictures, .npz, IDX or a CIFAR pickle")


def file_and_array(path: Path) -> tuple[Path, str | None]:
    """``file.npz:name`` as the file and the name of the array; any other path as it is, with None."""
    file, colon, array = path.name.rpartition(":")
    if colon and file.endswith(".npz") and not path.exists():
        return path.with_name(file), array
    return path, None


def _idx_images(folder: Path) -> Path | None:
    """The training images of a folder in which MNIST was unpacked as it comes."""
    found = [path for path in sorted(folder.glob("*train*images*idx3-ubyte*")) if path.is_file()]
    return next((path for path in found if labels_beside(path) is not None), found[0] if found else None)


def _missing(path: Path) -> FileNotFoundError:
    if not path.parent.is_dir():
        return FileNotFoundError(f"{path} is not there, nor is the folder {path.parent}: check the path")
    names = sorted(beside.name for beside in path.parent.iterdir())
    return FileNotFoundError(f"{path} is not there: {did_you_mean(path.name, names) or 'check the path'}")
