"""Images and masks in folders: ``images`` and ``masks``, or a pair of such folders for each split.

A mask is a lossless picture with its image's name, possibly with an ending such as ``_mask``. It holds class numbers
(grey or palette pictures; 255 is not judged), or colours (RGB). ``classes.txt`` beside the folders names the classes, a
line each, in the order of their numbers; for masks of colours a line ends with its red, green and blue, ``door 128 0
0``. Without it, classes are called after their numbers or colours. Pillow reads the files: OpenCV turns the numbers of
palette pictures into colours.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from core_gans.foundation.memory import require_memory
from dissect.segmenters.pairs.joining import SPLITS, Part
from dissect.segmenters.pairs.mask_classes import numbered

_LAYOUTS = (("{}_images", "{}_masks"), ("{}/images", "{}/masks"), ("images/{}", "masks/{}"), ("{}", "{}annot"))
_IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")
_MASKS = (".png", ".bmp", ".tif", ".tiff")
_ENDINGS = ("", "_mask", "_masks", "_L", "_label", "_labels", "_gt", "_seg")
_FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP")
_PIXEL = 8  # bytes: three colours and a class, read and then put beside the others
_TOLD = 5  # broken pairs named in a message


class _Pair(NamedTuple):
    picture: NDArray[np.uint8]  # (H, W, 3)
    mask: NDArray  # (H, W) numbers, or (H, W, 3) colours
    name: str


def parts_in_folder(
    folder: Path, size: tuple[int, int] | None
) -> tuple[dict[str, Part], Sequence[str], Sequence[Sequence[int]] | None]:
    """The parts by their split ("" where there is none), the class names, and their colours if there are any.

    Raises:
        ValueError: no such folders, or broken pairs: images without masks, pictures that cannot be read, sizes that
            differ. All of them are counted, and the first few named.
    """
    wrong: list[str] = []
    found = {split: _pairs(images, masks, size, wrong) for split, (images, masks) in _folders(folder).items()}
    if wrong:
        more = f"; and {len(wrong) - _TOLD} more" if len(wrong) > _TOLD else ""
        raise ValueError(f"{folder}: broken pairs, mend or remove them: {'; '.join(wrong[:_TOLD])}{more}")
    every = [pair for pairs in found.values() for pair in pairs]
    sizes = sorted({pair.picture.shape[:2] for pair in every})
    if len(sizes) > 1:
        raise ValueError(
            f"{folder}: images have {len(sizes)} sizes, such as {sizes[0][0]} x {sizes[0][1]} and {sizes[-1][0]} x "
            f"{sizes[-1][1]}: give a size to bring them to"
        )
    names = [pair.name for pair in every]
    masks, class_names, colours = numbered([pair.mask for pair in every], names, folder / "classes.txt")
    parts, done = {}, 0
    for split, pairs in found.items():
        chosen = slice(done, done := done + len(pairs))
        parts[split] = Part(np.stack([pair.picture for pair in pairs]), np.stack(masks[chosen]), names[chosen])
    return parts, class_names, colours


def _folders(folder: Path) -> dict[str, tuple[Path, Path]]:
    """The folders of images and of masks, by split."""
    for layout in _LAYOUTS:
        splits = {split: (folder / layout[0].format(split), folder / layout[1].format(split)) for split in SPLITS}
        there = {split: pair for split, pair in splits.items() if pair[0].is_dir() and pair[1].is_dir()}
        if "train" in there:
            return there
    if (folder / "images").is_dir() and (folder / "masks").is_dir():
        return {"": (folder / "images", folder / "masks")}
    inside = ", ".join(sorted(entry.name for entry in folder.iterdir())[:12]) or "nothing"
    raise ValueError(
        f"{folder}: expected the folders images and masks, or train_images and train_masks (and val_...), got {inside}"
    )


def _pairs(images: Path, masks: Path, size: tuple[int, int] | None, wrong: list[str]) -> list[_Pair]:
    """The pairs in two folders; what is wrong with the others is added to ``wrong``."""
    pictures, by_stem = _by_stem(images, _IMAGES, wrong), _by_stem(masks, _MASKS, wrong)
    read, used = [], set()
    if size is not None:
        wanted = len(pictures) * size[0] * size[1] * _PIXEL
        require_memory(wanted, f"{len(pictures):,} pictures of {size[0]} x {size[1]} pixels", "the size")
    if not pictures:
        wrong.append(f"{images.name} holds no pictures ({', '.join(_IMAGES)})")
    for stem, path in pictures.items():
        mask = next((by_stem[stem + ending] for ending in _ENDINGS if stem + ending in by_stem), None)
        if mask is None:
            wrong.append(f"{path.name} has no mask {stem}.png in {masks.name}")
            continue
        used.add(mask.stem)
        try:
            answer = _mask(mask)
            picture = _picture(path, answer.shape[:2])
        except ValueError as error:
            wrong.append(str(error))
            continue
        if picture.shape[:2] != answer.shape[:2]:
            wrong.append(
                f"{path.name} has {picture.shape[0]} x {picture.shape[1]} pixels, its mask {mask.name} "
                f"{answer.shape[0]} x {answer.shape[1]}"
            )
            continue
        small = _resized(picture, size, cv2.INTER_AREA)
        read.append(_Pair(small, _resized(answer, size, cv2.INTER_NEAREST_EXACT), path.name))
    wrong.extend(f"the mask {path.name} has no image in {images.name}" for s, path in by_stem.items() if s not in used)
    return read


def _by_stem(folder: Path, endings: Sequence[str], wrong: list[str]) -> dict[str, Path]:
    """The files in ``folder`` by their names without endings, each once; of others with the same ``wrong`` tells."""
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in endings and found.setdefault(path.stem, path) != path:
            wrong.append(f"{folder.name} has both {found[path.stem].name} and {path.name}: keep one of them")
    return found


def _picture(path: Path, size: tuple[int, ...]) -> NDArray[np.uint8]:
    """RGB (H, W, 3) as it is seen: 16 bits as 8, what is clear on white, and turned as its EXIF says; but as
    it is stored where its mask, of (height, width) ``size``, was drawn on that.
    """
    image = _opened(path)
    with suppress(OSError, SyntaxError, ValueError, TypeError, LookupError, struct.error):  # notes, not pixels
        turned = ImageOps.exif_transpose(image)
        image = turned if turned.size == size[::-1] else image
    if image.mode.startswith("I;16"):
        image = Image.fromarray(np.rint(np.asarray(image) / 257).astype(np.uint8))
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    return np.asarray(image.convert("RGB"))


def _mask(path: Path) -> NDArray:
    """Numbers (H, W), or colours (H, W, 3) uint8."""
    image = _opened(path)
    if image.mode in ("RGB", "RGBA"):
        return np.asarray(image.convert("RGB"))
    if image.mode not in ("1", "L", "P", "I", "I;16"):
        raise ValueError(f"{path.name} is a picture of the kind {image.mode}, expected numbers or RGB colours")
    return np.asarray(image).astype(np.uint8 if image.mode in ("1", "L", "P") else np.int32)


def _opened(path: Path) -> Image.Image:
    """The picture, decoded; a ValueError that names it when it cannot be."""
    try:
        with path.open("rb") as file:
            image = Image.open(file, formats=_FORMATS)
            image.load()
    except UnidentifiedImageError as error:
        raise ValueError(f"{path.name} is no picture ({', '.join(_FORMATS)})") from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path.name} is damaged ({error})") from error
    return image


def _resized(picture: NDArray, size: tuple[int, int] | None, method: int) -> NDArray:
    if size is None or picture.shape[:2] == size:
        return picture
    return np.asarray(cv2.resize(picture, size[::-1], interpolation=method))
