"""Images and masks in one .npz: ``images``, ``masks`` and ``class_names``, and a ``palette`` if there is one.

Where the data have splits, the arrays are called ``train_images``, ``train_masks``, ``val_images`` and so on; images
may be called ``photos``. ``names`` (``train_names``, ...), if there, name the pairs in messages.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.lib.npyio import NpzFile

from dissect.segmenters.pairs.joining import SPLITS, Part

_IMAGES = ("images", "photos")


def parts_in_npz(path: Path) -> tuple[dict[str, Part], Sequence[str], Sequence[Sequence[int]] | None]:
    """The parts by their split ("" where there is none), the class names, and their colours if there are any.

    ValueError for a file that holds no images and masks.
    """
    try:
        with path.open("rb") as handle, np.load(handle, allow_pickle=False) as file:
            if not isinstance(file, NpzFile):
                raise ValueError("it is a single array")
            parts = {split: part for split in ("", *SPLITS) if (part := _part(file, split)) is not None}
            if not parts:
                raise ValueError(
                    f"expected images and masks, or train_images and train_masks, got {', '.join(file.files)}"
                )
            if "class_names" not in file:
                raise ValueError("expected class_names, a name for each value of the masks, got none")
            names = [str(name) for name in file["class_names"].tolist()]
            colours = file["palette"].tolist() if "palette" in file else None
    except (ValueError, OSError, EOFError, KeyError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"{path} cannot be read as images and masks: {error}") from error
    return parts, names, colours


def _part(file: NpzFile, split: str) -> Part | None:
    before = f"{split}_" if split else ""
    images_name = next((before + name for name in _IMAGES if before + name in file), None)
    if images_name is None:
        return None
    if f"{before}masks" not in file:
        raise ValueError(f"it has {images_name} and no {before}masks")
    images, masks = file[images_name], file[f"{before}masks"]
    if images.ndim != 4 or images.shape[3] != 3 or images.dtype != np.uint8 or not len(images):
        raise ValueError(f"{images_name} must be (N, H, W, 3) uint8, got {images.shape} {images.dtype}")
    if masks.shape != images.shape[:3] or not np.issubdtype(masks.dtype, np.integer):
        raise ValueError(
            f"{before}masks must be integers {images.shape[:3]} like the images, got {masks.dtype} {masks.shape}"
        )
    given = file[f"{before}names"].tolist() if f"{before}names" in file else []
    names = given if len(given) == len(images) else [f"{images_name}[{i}]" for i in range(len(images))]
    return Part(images, masks, names)
