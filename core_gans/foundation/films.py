"""Films as files: GIF by Pillow, and MP4 by OpenCV."""

from __future__ import annotations

import io
import struct
import tempfile
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from core_gans.foundation.errors import LabError
from core_gans.foundation.pixels import Pictures
from core_gans.foundation.whole_files import write_whole

RATE = 8.0  # frames in a second
SUFFIXES = (".gif", ".mp4")


def write_film(path: str | Path, frames: Pictures, rate: float = RATE) -> Path:
    """Write frames (T, H, W, 3) RGB as an endless GIF or as an MP4, by the suffix of ``path``, whole or not at all.

    A GIF keeps frames of at most 256 colours to the bit, such as grey ones; an MP4 (MPEG-4) keeps none, and has sides
    of even numbers of pixels: the last column or row is repeated where it must. LabError for another suffix.
    """
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise LabError(f"expected a film as {' or '.join(SUFFIXES)}, got {path}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_whole(path, _gif(frames, rate) if path.suffix.lower() == ".gif" else _mp4(frames, rate))


def _gif(frames: Pictures, rate: float) -> bytes:
    """The pictures of GIFs of one picture each, behind each other: Pillow's own films leave out equal frames."""
    height, width = frames.shape[1:3]
    parts = [b"GIF89a", struct.pack("<HHBBB", width, height, 0, 0, 0), b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"]
    for frame in frames:
        parts += [b"\x21\xf9\x04\x04", struct.pack("<H", round(100 / rate)), b"\x00\x00", _image_of(_page(frame))]
    return b"".join([*parts, b"\x3b"])


def _image_of(page: Image.Image) -> bytes:
    """The image block of a page as Pillow writes it, with the colours that are its file's as its own."""
    code = io.BytesIO()
    page.save(code, format="GIF", interlace=0)
    whole = code.getvalue()
    flags = whole[10]
    assert flags & 0x80, "a GIF of one picture has a table of colours for the file"
    table = 3 << ((flags & 7) + 1)
    place = 13 + table
    while whole[place] == 0x21:  # what stands before the picture
        place += 2
        while whole[place]:
            place += whole[place] + 1
        place += 1
    assert whole[place] == 0x2C
    place_and_size = whole[place : place + 9]
    return place_and_size + bytes([0x80 | flags & 7]) + whole[13 : 13 + table] + whole[place + 10 : -1]


def _page(frame: np.ndarray) -> Image.Image:
    if (frame[..., :1] == frame).all():
        return Image.fromarray(np.ascontiguousarray(frame[..., 0]))
    return Image.fromarray(frame).convert("P", palette=Image.Palette.ADAPTIVE, dither=Image.Dither.NONE)


def _mp4(frames: Pictures, rate: float) -> bytes:
    _, height, width, _ = frames.shape
    even = np.pad(frames, ((0, 0), (0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "film.mp4")
        writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"mp4v"), rate, (even.shape[2], even.shape[1]))
        if not writer.isOpened():
            raise LabError("this build of OpenCV writes no MP4: choose a .gif.")
        for frame in even:
            writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
        writer.release()
        return file.read_bytes()
