"""Pictures for people: words, sheets of samples, clouds of points, and films of a training."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import ceil, sqrt
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from core_gans.foundation.pixels import Picture, to_bytes
from core_gans.foundation.whole_files import whole_file

GAP = 2  # pixels between the images of a sheet
PAPER = 255
INK = (32, 35, 42)


def sheet(images: Tensor, columns: int | None = None, scale: int = 1) -> np.ndarray:
    """One picture (H, W, 3) uint8 of all ``images`` in rows, each enlarged ``scale`` times without smoothing."""
    tiles = to_bytes(images).repeat(scale, axis=1).repeat(scale, axis=2)
    count, height, width, _ = tiles.shape
    columns = columns or ceil(sqrt(count))
    rows = ceil(count / columns)
    page = np.full((rows * (height + GAP) + GAP, columns * (width + GAP) + GAP, 3), PAPER, np.uint8)
    for index, tile in enumerate(tiles):
        top, left = (GAP + (index // columns) * (height + GAP)), (GAP + (index % columns) * (width + GAP))
        page[top : top + height, left : left + width] = tile
    return page


def cloud(points: Tensor, real: Tensor | None = None, size: int = 512, reach: float | None = None) -> np.ndarray:
    """Points (N, 2) in blue over real ones in grey, as a picture (size, size, 3) of [-reach, reach]^2."""
    everything = points if real is None else real
    reach = reach or 1.25 * float(everything.abs().max())
    page = np.full((size, size, 3), PAPER, np.uint8)
    for dots, colour in ((real, (205, 205, 210)), (points, (37, 99, 175))):
        if dots is None:
            continue
        places = ((dots.detach().float().cpu().numpy() * [1, -1] / reach + 1) * size / 2 * 16).round().astype(int)
        for x, y in places.clip(-(2**14), 2**14):
            cv2.circle(page, (int(x), int(y)), 24, colour, -1, cv2.LINE_AA, shift=4)
    return page


def picture(samples: Tensor, real: Tensor | None = None, columns: int | None = None) -> np.ndarray:
    """The picture that fits the samples: a sheet of images, or a cloud of points."""
    if samples.dim() == 2:
        return cloud(samples, real)
    return sheet(samples, columns, scale=max(1, 64 // samples.shape[-1]))


def label(
    text: str, width: int, height: int, *, size: float = 13.0, align: str = "left", ink: tuple[int, int, int] = INK
) -> Picture:
    """One line of ``text`` on white, (height, width, 3), centred vertically; shrunk where it is too wide.

    ``size`` is that of the font in pixels; ``align`` is left, right or centre. The font is DejaVu Sans, which has
    Latin, Greek, Cyrillic, Arabic and more, but no Chinese, Japanese or Korean: those are shown as empty boxes.
    """
    font = _font(size)
    if (across := font.getlength(text)) > width:
        font = _font(max(1.0, size * width / across))
    free = max(0.0, width - font.getlength(text))
    left = {"left": 0.0, "centre": free / 2, "right": free}[align]
    page = Image.new("RGB", (width, height), (PAPER,) * 3)
    ImageDraw.Draw(page).text((left, height / 2 + 0.36 * font.size), text, fill=ink, font=font, anchor="ls")
    return np.array(page)


def label_width(text: str, size: float = 13.0) -> int:
    """Pixels that a line of ``text`` takes at ``size``."""
    return ceil(_font(size).getlength(text))


@cache
def _font(size: float) -> ImageFont.FreeTypeFont:
    import matplotlib  # ships the font; imported for it alone, when words are written

    return ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf"), size)


def write_gif(path: str | Path, frames: Sequence[str | Path], seconds: float = 8.0, most: int = 120) -> Path | None:
    """A film from PNG files, at most ``most`` of them evenly chosen; the last frame stays for two seconds."""
    if not frames:
        return None
    chosen = [frames[round(i)] for i in np.linspace(0, len(frames) - 1, min(most, len(frames)))]
    pages = []
    for frame in chosen:
        with Image.open(frame) as page:
            pages.append(page.convert("P", palette=Image.Palette.ADAPTIVE))
    duration = [max(40, int(1000 * seconds / len(pages)))] * (len(pages) - 1) + [2000]
    with whole_file(path) as file:
        pages[0].save(file, format="GIF", save_all=True, append_images=pages[1:], duration=duration, loop=0)
    return Path(path)
