"""Images with masks of three classes, one of which means nothing, and the ways to write them to files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

NAMES = ("sky", "door", "Void")
COLOURS = ((10, 20, 200), (128, 0, 0), (0, 0, 0))


def planted(count: int = 6, height: int = 10, width: int = 13, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return (
        rng.integers(0, 256, (count, height, width, 3)).astype(np.uint8),
        rng.integers(0, 3, (count, height, width)).astype(np.uint8),
    )


def expected(masks: np.ndarray) -> np.ndarray:
    """Without the class Void."""
    return np.where(masks == 2, -1, masks.astype(np.int16))


def write_pictures(
    folder: Path, pictures: np.ndarray, make: Callable[[np.ndarray], Image.Image] = Image.fromarray, ending: str = ""
) -> None:
    folder.mkdir(parents=True)
    for i, picture in enumerate(pictures):
        make(picture).save(folder / f"photo{i:02}{ending}.png")


def as_palette(mask: np.ndarray) -> Image.Image:
    image = Image.fromarray(mask).convert("P")
    image.putdata(mask.ravel().tolist())
    image.putpalette([part for colour in COLOURS for part in colour])
    return image


def as_colours(mask: np.ndarray) -> Image.Image:
    return Image.fromarray(np.array(COLOURS, np.uint8)[mask])


def write_classes(folder: Path, coloured: bool = True) -> None:
    lines = [f"{name} {r} {g} {b}" if coloured else name for name, (r, g, b) in zip(NAMES, COLOURS, strict=True)]
    (folder / "classes.txt").write_text("# what there is\n\n" + "\n".join(lines) + "\n")


def write_npz(path: Path, **more: object) -> Path:
    images, masks = planted()
    arrays = {"images": images, "masks": masks, "class_names": np.array(NAMES), **more}
    np.savez(path, **{name: value for name, value in arrays.items() if value is not None})  # type: ignore[arg-type]
    return path
