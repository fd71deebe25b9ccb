"""One picture file, decoded with care: the header is checked before a pixel is touched."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Callable
from typing import BinaryIO

import cv2
import numpy as np
from PIL import Image

from core_gans.data.damage import damaged
from core_gans.data.levels import SIXTEEN, of_floats

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff")
LIMIT_PIXELS = 64_000_000

_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")  # never the formats that Pillow hands to other programs
_ORIENTATION = 0x0112
_TURNS: dict[object, Callable[[np.ndarray], np.ndarray]] = {  # of arrays (H, W, ...)
    2: lambda picture: picture[:, ::-1],
    3: lambda picture: picture[::-1, ::-1],
    4: lambda picture: picture[::-1],
    5: lambda picture: picture.swapaxes(0, 1),
    6: lambda picture: picture[::-1].swapaxes(0, 1),
    7: lambda picture: picture[::-1, ::-1].swapaxes(0, 1),
    8: lambda picture: picture[:, ::-1].swapaxes(0, 1),
}
# What Pillow's decoders raise on damaged files.
_BROKEN = (OSError, SyntaxError, ValueError, TypeError, LookupError, EOFError, OverflowError, struct.error, zlib.error)


def decode(source: BinaryIO, name: str, least: int | None = None) -> np.ndarray:
    """The picture as uint8, (H, W) if it is grey and (H, W, 3) RGB if not; as ``decode_deep``, but 16 bits become 8,
    and so do floats in [0, 1] or [-1, 1]. ValueError as there.
    """
    picture = decode_deep(source, name, least)
    if picture.dtype == np.uint16:
        return SIXTEEN.to_bytes(picture)
    if picture.dtype == np.float32:
        return of_floats(float(picture.min()), float(picture.max()), name).to_bytes(picture)
    return picture


def decode_deep(source: BinaryIO, name: str, least: int | None = None, opacity: bool = False) -> np.ndarray:
    """The picture as (H, W) if it is grey and (H, W, 3) RGB if not; ``name`` stands in the errors.

    uint8, or uint16 and float32 where the file has such numbers. Turned upright by its EXIF orientation; an animation
    gives its first frame; CMYK and palettes become RGB. Transparency lies on white, or with ``opacity`` stays as the
    fourth channel of (H, W, 4). With ``least``, a JPEG may come reduced by 2, 4 or 8, as long as both sides keep at
    least ``least`` pixels: large photographs are read several times faster.

    Raises ValueError for a picture that is damaged, of another format, or larger than ``LIMIT_PIXELS``.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on odd metadata, which we do not use
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            image = Image.open(source, formats=_FORMATS)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise ValueError(_too_large(name, "far more")) from error
        except Image.UnidentifiedImageError as error:
            raise ValueError(
                f"{name} is not a JPEG, PNG, WebP, BMP, GIF or TIFF picture: remove it or convert it"
            ) from error
        except _BROKEN as error:
            raise damaged(name, error, "remove it or replace it") from error
        with image:
            _require_bearable(image, name)
            try:
                if least is not None:
                    image.draft(None, (least, least))
                return _upright(image, source, opacity)
            except _UnusualError as error:
                raise ValueError(f"{name} {error}") from error
            except _BROKEN as error:
                raise damaged(name, error, "remove it or replace it") from error


def pixels_of(image: Image.Image, opacity: bool = False) -> np.ndarray:
    """A picture (H, W) or (H, W, 3) that Pillow holds, as ``decode_deep`` gives it. ValueError as there."""
    if image.mode.startswith("I"):  # 16 bits of grey, or 32
        numbers = np.asarray(image)
        if numbers.size and (numbers.min() < 0 or numbers.max() > 65535):
            raise _UnusualError(
                f"holds whole numbers in [{numbers.min()}, {numbers.max()}], not in [0, 65535]: save it with 16 bits"
            )
        return numbers.astype(np.uint16)
    if image.mode == "F":
        floats = np.asarray(image, np.float32)
        if not np.isfinite(floats).all():
            raise _UnusualError("holds NaN or infinity: save it with finite numbers")
        return floats
    if not image.has_transparency_data:
        return np.asarray(image.convert("L" if image.mode in ("1", "L") else "RGB"))
    grey = image.mode in ("1", "L", "LA")
    image = image.convert("RGBA")
    if opacity:
        return np.asarray(image)
    white = Image.new("RGBA", image.size, "white")
    return np.asarray(Image.alpha_composite(white, image).convert("L" if grey else "RGB"))


class _UnusualError(ValueError):
    """A picture that is whole, and that is not read: its numbers are no brightness, or it is several."""


def _require_bearable(image: Image.Image, name: str) -> None:
    if image.width * image.height > LIMIT_PIXELS:
        raise ValueError(_too_large(name, f"{image.width} x {image.height}"))
    if image.width == 0 or image.height == 0:
        raise ValueError(f"{name} has no pixels ({image.width} x {image.height}): remove it")


def _upright(image: Image.Image, source: BinaryIO, opacity: bool) -> np.ndarray:
    if image.format == "TIFF" and (pages := getattr(image, "n_frames", 1)) > 1:
        raise _UnusualError(f"holds {pages} pages, where one picture is expected: save each as a file of its own")
    deep_colours = image.mode == "RGB" and ";16" in str(getattr(image, "tile", ""))
    image.load()  # turns a TIFF, and nothing else
    try:
        turn = _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    except _BROKEN:  # the pixels are whole: a camera's notes are no reason to refuse them
        turn = None
    picture = pixels_of(image, opacity)
    if deep_colours:  # Pillow keeps their upper halves only: of 12 bits in 16, next to nothing
        source.seek(0)
        whole = cv2.imdecode(np.frombuffer(source.read(), np.uint8), cv2.IMREAD_UNCHANGED)
        if whole is None:
            raise ValueError("its 16 bits cannot be read")
        if whole.dtype == np.uint16 and whole.shape == picture.shape:
            picture = whole[..., ::-1]
    return np.ascontiguousarray(picture if turn is None else turn(picture))


def _too_large(name: str, found: str) -> str:
    return f"{name} is too large: expected at most {LIMIT_PIXELS:,} pixels, got {found}; remove it or reduce it first"
