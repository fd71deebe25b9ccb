"""Images from the disk, whatever they are kept in: folders and archives of pictures, arrays, tables, parquet, IDX.

What a path is, is told by what lies there, not by its ending. Everything is read as untrusted: nothing is executed,
and a file that is damaged, enormous or not what it says is refused in one line.
"""

from __future__ import annotations

import gzip
import os
import zipfile
import zlib
from pathlib import Path

from core_gans.data import npy, parquet, pixel_tables
from core_gans.data.archives import tar_collection, zip_collection
from core_gans.data.cifar import cifar_collection, training_files
from core_gans.data.collection import Collection, gather
from core_gans.data.damage import damaged
from core_gans.data.examples import Examples
from core_gans.data.folders import folder_collection, pictures_below
from core_gans.data.frame import Frame, Resize, Size
from core_gans.data.idx import idx_collection, labels_beside
from core_gans.data.npz import npz_collection
from core_gans.data.pictures import SUFFIXES
from core_gans.data.stacking import Progress
from core_gans.foundation.names import did_you_mean

ACCEPTED = "a folder of pictures, .zip, .tar, .npz, .npy, .csv of pixels, .parquet, IDX or a CIFAR pickle"
_TAR_MARK, _TAR_HEADER = b"ustar", 512


def read(
    path: str | os.PathLike[str],
    size: Size,
    channels: int | None = None,
    progress: Progress | None = None,
    *,
    resize: Resize = "crop",
    skip_broken: bool = False,
) -> Examples:
    """The images at ``path``: (N, C, height, width) uint8, with labels and class names where there are any.

    Args:
        path: see ``find``.
        size: side of the images in pixels, or "WIDTHxHEIGHT".
        channels: 1 for grey, 3 for RGB, 4 for RGB and opacity; by default what the data has, opacity on white.
        progress: called after each image with the number done and the number in all.
        resize: what is done with pictures of other proportions: crop, pad or stretch (see ``Frame``).
        skip_broken: leave out pictures that cannot be read; by default they are all listed in one error.

    Raises FileNotFoundError, with the nearest names, if nothing is there, and ValueError for what cannot be read.
    """
    frame = Frame.of(size, channels, resize)
    return gather(find(path), frame, skip_broken=skip_broken, progress=progress)


def find(path: str | os.PathLike[str]) -> Collection:
    """The pictures at ``path``, not read yet.

    A folder of pictures (``folders``), of CIFAR pickles, of IDX or of parquet files; or one file: an archive of
    pictures (``archives``), .npz (``file.npz:name`` names the array), .npy, a table of pixels, parquet, IDX, plain or
    gzipped, or a CIFAR pickle. Raises FileNotFoundError and ValueError as ``read``.
    """
    place, array = file_and_array(Path(path))
    if not place.exists():
        raise _missing(place)
    if place.is_dir():
        return _in_folder(place)
    if not place.is_file():
        raise ValueError(f"{place} is neither a file nor a folder: give one of them")
    return _in_file(place, array)


def file_and_array(path: Path) -> tuple[Path, str | None]:
    """``file.npz:name`` as the file and the name of the array; any other path as it is, with None."""
    file, colon, array = path.name.rpartition(":")
    if colon and file.endswith(".npz") and not path.exists():
        return path.with_name(file), array
    return path, None


def _in_folder(folder: Path) -> Collection:
    if training_files(folder):
        return cifar_collection(folder)
    images = _idx_images(folder)
    if images is not None:
        return idx_collection(images)
    if (files := parquet.parquet_files(folder)) and not pictures_below(folder):
        return parquet.parquet_collection(files)
    return folder_collection(folder)


def _in_file(place: Path, array: str | None) -> Collection:
    with place.open("rb") as file:
        begin = file.read(_TAR_HEADER)
    if begin.startswith(b"PK"):
        return npz_collection(place, array) if array is not None or _holds_arrays(place) else zip_collection(place)
    if begin.startswith((b"BZh", b"\xfd7zXZ")) or _is_tar(begin):
        return tar_collection(place)
    if begin.startswith(b"\x1f\x8b"):
        return tar_collection(place) if _is_tar(_unzipped(place)) else idx_collection(place)
    if begin.startswith(b"\0\0"):
        return idx_collection(place)
    if begin.startswith(npy.MAGIC):
        return npy.npy_collection(place)
    if begin.startswith(parquet.MAGIC):
        return parquet.parquet_collection([place])
    if begin.startswith(b"\x80") and begin[1:2] <= b"\x05":
        return cifar_collection(place)
    if place.suffix.lower() in SUFFIXES:
        raise ValueError(f"{place} is one picture: give the folder, {place.parent}")
    if place.suffix.lower() in pixel_tables.SUFFIXES and begin:
        return pixel_tables.table_collection(place)
    raise ValueError(f"{place} is no data set: expected {ACCEPTED}")


def _holds_arrays(path: Path) -> bool:
    """Whether a zip is an .npz: by its name, or by what it holds."""
    if path.suffix.lower() == ".npz":
        return True
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith(".npy") for name in archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise damaged(str(path), error) from error


def _is_tar(begin: bytes) -> bool:
    return begin[257:262] == _TAR_MARK


def _unzipped(path: Path) -> bytes:
    """The first bytes of a gzipped file; none where it is damaged, which its reader will say."""
    try:
        with gzip.open(path) as file:
            return file.read(_TAR_HEADER)
    except (EOFError, OSError, zlib.error):
        return b""


def _idx_images(folder: Path) -> Path | None:
    """The training images of a folder in which MNIST was unpacked as it comes."""
    found = [path for path in sorted(folder.glob("*train*images*idx3-ubyte*")) if path.is_file()]
    return next((path for path in found if labels_beside(path) is not None), found[0] if found else None)


def _missing(path: Path) -> FileNotFoundError:
    if not path.parent.is_dir():
        return FileNotFoundError(f"{path} is not there, nor is the folder {path.parent}: check the path")
    names = sorted(beside.name for beside in path.parent.iterdir())
    return FileNotFoundError(f"{path} is not there: {did_you_mean(path.name, names) or 'check the path'}")
