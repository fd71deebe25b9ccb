"""Many scenes: drawn from a seed, kept in an .npz, shown on a contact sheet."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from core_gans.data.captions import Captions
from core_gans.data.examples import Examples
from core_gans.data.scenes.composition import check_size, draw
from core_gans.data.scenes.vocabulary import COLOURS, LABELS
from core_gans.foundation.sheets import tiled, with_margin
from core_gans.foundation.whole_files import whole_file


@dataclass(frozen=True)
class SceneSet:
    """Images (N, H, W, 3) uint8 RGB, masks (N, H, W) uint8, and a caption for each.

    A mask's values are indices into ``labels``; ``palette`` (classes, 3) uint8 has a colour for each.
    """

    images: np.ndarray
    masks: np.ndarray
    captions: tuple[str, ...]
    labels: tuple[str, ...] = LABELS
    palette: np.ndarray = field(default_factory=lambda: np.asarray(COLOURS, np.uint8))

    def __len__(self) -> int:
        return len(self.images)


def draw_many(count: int, size: int = 64, seed: int = 0, progress: Callable[[int], None] | None = None) -> SceneSet:
    """Draw ``count`` scenes; scene i depends on (seed, i) alone, so a shorter set begins a longer one.

    ``size`` is their side in pixels. ``progress`` is called with the number of scenes that are done, after each.
    ValueError for fewer than one.
    """
    if count < 1:
        raise ValueError(f"the number of scenes must be at least 1, got {count}")
    if seed < 0:
        raise ValueError(f"the seed must not be negative, got {seed}")
    check_size(size)
    images = np.empty((count, size, size, 3), np.uint8)
    masks = np.empty((count, size, size), np.uint8)
    captions = []
    for i in range(count):
        scene = draw(np.random.default_rng((seed, i)), size)
        images[i], masks[i] = scene.image, scene.mask
        captions.append(scene.caption)
        if progress is not None:
            progress(i + 1)
    return SceneSet(images, masks, tuple(captions))


_ARRAYS = ("images", "masks", "captions", "class_names", "palette")


def write(path: str | Path, scenes: SceneSet, overwrite: bool = False) -> None:
    """Write an uncompressed .npz with the arrays images, masks, captions, class_names and palette.

    It appears under its name only when it is whole. Raises FileExistsError if the file is there already,
    unless ``overwrite``.
    """
    path = Path(path)
    if path.exists() and not overwrite:
        raise FileExistsError(f"{path} exists already and is kept; choose another name or ask for it to be overwritten")
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as file:
        np.savez(
            file,
            images=scenes.images,
            masks=scenes.masks,
            captions=np.asarray(scenes.captions, dtype=np.str_),
            class_names=np.asarray(scenes.labels, dtype=np.str_),
            palette=scenes.palette,
        )


def read(path: str | Path) -> SceneSet:
    """Read what ``write`` wrote. Raises FileNotFoundError, or ValueError for a broken file or another kind of file."""
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no scenes at {path}; `python -m core_gans data scenes --out {path.name}` draws some")
    try:
        with path.open("rb") as handle, np.load(handle, allow_pickle=False) as file:
            missing = [name for name in _ARRAYS if name not in file]
            if missing:
                raise ValueError(f"it has no {', '.join(missing)}")
            images, masks, captions, names, palette = (file[name] for name in _ARRAYS)
    except (ValueError, OSError, EOFError, KeyError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"{path} is not a readable file of scenes: {error}") from error
    _check(path, images, masks, captions, names, palette)
    return SceneSet(images, masks, tuple(captions.tolist()), tuple(names.tolist()), palette)


def _check(
    path: Path, images: np.ndarray, masks: np.ndarray, captions: np.ndarray, names: np.ndarray, palette: np.ndarray
) -> None:
    if images.ndim != 4 or images.shape[3] != 3 or images.dtype != np.uint8 or not len(images):
        raise ValueError(f"{path}: images must be (N, H, W, 3) uint8, got {images.shape} {images.dtype}")
    if masks.shape != images.shape[:3] or masks.dtype != np.uint8:
        raise ValueError(
            f"{path}: masks must be {images.shape[:3]} uint8 like the images, got {masks.shape} {masks.dtype}"
        )
    if captions.shape != images.shape[:1]:
        raise ValueError(f"{path}: expected one caption for each of {len(images)} images, got {captions.shape}")
    if names.ndim != 1 or palette.shape != (len(names), 3):
        raise ValueError(f"{path}: expected one colour for each class name, got {palette.shape} for {names.shape}")
    if int(masks.max()) >= len(names):
        raise ValueError(f"{path}: a mask holds class {int(masks.max())}, but there are {len(names)} class names")


def examples(scenes: SceneSet) -> Examples:
    """The images with their captions as a data set to train on: (N, 3, H, W) uint8."""
    images = torch.from_numpy(np.ascontiguousarray(scenes.images.transpose(0, 3, 1, 2)))
    return Examples("scenes", images, captions=Captions.of(scenes.captions))


def contact_sheet(scenes: SceneSet, columns: int = 8, overlay: bool = False) -> np.ndarray:
    """All scenes side by side on white: (H', W', 3) uint8. ``overlay`` lays the colours of the classes over them.

    ValueError for fewer than one of the ``columns``.
    """
    if columns < 1:
        raise ValueError(f"a contact sheet needs at least one column, got {columns}")
    tiles = scenes.images
    if overlay:
        tiles = ((tiles.astype(np.uint16) + scenes.palette[scenes.masks]) // 2).astype(np.uint8)
    gap = max(tiles.shape[1] // 32, 1)
    return with_margin(tiled(tiles, columns, gap), gap)
