"""Films as files: GIF by Pillow, and MP4 by OpenCV."""

from __future__ import annotations

import io
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
    of even numbers of pixels: the last column or row is repeated where it must. Equal frames behind each other are one
    of a GIF that is shown for longer. LabError for another suffix.
    """
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise LabError(f"expected a film as {' or '.join(SUFFIXES)}, got {path}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_whole(path, _gif(frames, rate) if path.suffix.lower() == ".gif" else _mp4(frames, rate))


def _gif(frames: Pictures, rate: float) -> bytes:
    pages = [_page(frame) for frame in frames]
    code = io.BytesIO()
    pages[0].save(code, format="GIF", save_all=True, append_images=pages[1:], duration=round(1000 / rate), loop=0)
    return code.getvalue()


def _page(frame: np.ndarray) -> Image.Image:
    if (frame[..., :1] == frame).all():
        return Image.fromarray(np.ascontiguousarray(frame[..., 0]))
    return Image.fromarray(frame).convert("P", palette=Image.Palette.ADAPTIVE, dither=Image.Dither.NONE)


def _mp4(frames: Pictures, rate: float) -> bytes:
    count, height, width, _ = frames.shape
    even = np.pad(frames, ((0, 0), (0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "film.mp4")
        writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"mp4v"), rate, (even.shape[2], even.shape[1]))
        if not writer.isOpened():
            raise LabError("this build of OpenCV writes no MP4: choose a .gif.")
        for frame in even:
            writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
        writer.release()
        assert count, "a film has frames"
        return file.read_bytes()
