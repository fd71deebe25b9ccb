"""Pictures from outside: none that would unpack into gigabytes."""

from __future__ import annotations

import warnings

from PIL import Image, PngImagePlugin

LARGEST_PICTURE = 4096 * 4096  # pixels; Pillow would unpack a small file into gigabytes
LARGEST_TEXT = 2**20  # bytes of the notes in a picture, which may be packed as tightly


def refuse_large_pictures() -> None:
    """Make Pillow raise for pictures above ``LARGEST_PICTURE`` pixels, where it would only warn, and for long notes."""
    Image.MAX_IMAGE_PIXELS = LARGEST_PICTURE
    PngImagePlugin.MAX_TEXT_MEMORY = LARGEST_TEXT
    warnings.simplefilter("error", Image.DecompressionBombWarning)
