"""One picture file, decoded with care: the header is checked before a pixel is touched."""

from __future__ import annotations

import struct
import warnings
import zlib
from typing import BinaryIO

import numpy as np
from PIL import Image

from core_gans.data.damage import damaged

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif")
LIMIT_PIXELS = 64_000_000

_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF")  # never the formats that Pillow hands to other programs
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What Pillow's decoders raise on damaged files.
_BROKEN = (OSError, SyntaxError, ValueError, TypeError, LookupError, EOFError, OverflowError, struct.error, zlib.error)


def decode(source: BinaryIO, name: str, least: int | None = None) -> np.ndarray:
    """The picture as uint8, (H, W) if it is grey and (H, W, 3) RGB if not; ``name`` stands in the errors.

    Turned upright by its EXIF orientation; an animation gives its first frame; transparency lies on white; CMYK and
    palettes become RGB; 16 bits become 8. With ``least``, a JPEG may come reduced by 2, 4 or 8, as long as both
    sides keep at least ``least`` pixels: large photographs are read several times faster.

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
            raise ValueError(f"{name} is not a JPEG, PNG, WebP, BMP or GIF picture: remove it or convert it") from error
        except _BROKEN as error:
            raise damaged(name, error, "remove it or replace it") from error
        with image:
            if image.width * image.height > LIMIT_PIXELS:
                raise ValueError(_too_large(name, f"{image.width} x {image.height}"))
            if image.width == 0 or image.height == 0:
                raise ValueError(f"{name} has no pixels ({image.width} x {image.height}): remove it")
            try:
                if least is not None:
                    image.draft(None, (least, least))
                return _eight_bits(_upright(image))
            except _BROKEN as error:
                raise damaged(name, error, "remove it or replace it") from error


def _upright(image: Image.Image) -> Image.Image:
    image.load()
    try:
        turn = _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    except _BROKEN:  # the pixels are whole: a camera's notes are no reason to refuse them
        turn = None
    return image if turn is None else image.transpose(turn)


def _eight_bits(image: Image.Image) -> np.ndarray:
    if image.mode.startswith("I"):  # 16 bits of grey
        return np.rint(np.clip(np.asarray(image, np.float32), 0, 65535) / 257).astype(np.uint8)
    if image.has_transparency_data:
        grey = image.mode in ("1", "L", "LA")
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return np.asarray(Image.alpha_composite(white, image).convert("L" if grey else "RGB"))
    return np.asarray(image.convert("L" if image.mode in ("1", "L") else "RGB"))


def _too_large(name: str, found: str) -> str:
    return f"{name} is too large: expected at most {LIMIT_PIXELS:,} pixels, got {found}; remove it or reduce it first"
