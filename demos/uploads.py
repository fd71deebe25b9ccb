"""A picture that a person uploads: its header is read and checked before a pixel is unpacked."""

from __future__ import annotations

import base64
import binascii
import io
import warnings

import numpy as np
from PIL import Image

from core_gans.data.pictures import decode

LARGEST_FILE = 4 * 2**20  # bytes
MOST_PIXELS = 4096 * 4096
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF")
NAME = "the picture"
TOO_LARGE = f"the picture is too large: expected at most {MOST_PIXELS:,} pixels (4096 x 4096)"


def picture_in(sent: str) -> np.ndarray:
    """The picture of a file sent as base64: uint8, (H, W) if it is grey and (H, W, 3) RGB if not.

    Raises:
        ValueError: it is no base64, larger than ``LARGEST_FILE``, no picture of a known format, has more than
            ``MOST_PIXELS``, or is damaged. Until its size is known to be right, nothing is unpacked.
    """
    data = file_in(sent)
    width, height = size_of(data)
    if width * height > MOST_PIXELS:
        raise ValueError(f"{TOO_LARGE}; this one has {width:,} x {height:,}, so reduce it first.")
    return decode(io.BytesIO(data), NAME)


def file_in(sent: str) -> bytes:
    """The bytes of a file sent as base64. ValueError for what is none, and for more than ``LARGEST_FILE``."""
    if len(sent) > LARGEST_FILE * 4 // 3 + 4:
        raise ValueError(f"the picture's file is too large: expected at most {LARGEST_FILE // 2**20} MB.")
    try:
        return base64.b64decode(sent, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("expected the picture's file as base64.") from error


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height in pixels by the file's header. ValueError where it is no picture of a known format."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is too large is for the caller to say
        try:
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                return image.size
        except Image.DecompressionBombError as error:
            raise ValueError(f"{TOO_LARGE}, and this one has far more: reduce it first.") from error
        except (OSError, SyntaxError, ValueError, TypeError, LookupError, EOFError, OverflowError) as error:
            raise ValueError("the file is not a JPEG, PNG, WebP, BMP or GIF picture: convert it first.") from error
