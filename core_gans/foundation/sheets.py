"""Pictures for people: sheets of samples, labelled rows, clouds of points, and films of a training."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from math import ceil, sqrt
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from torch import Tensor

from core_gans.foundation.colours import BLUE, QUIET, rgb
from core_gans.foundation.lettering import NOTE, label, label_width, paragraph
from core_gans.foundation.pixels import Picture, Pictures, to_bytes
from core_gans.foundation.whole_files import whole_file

GAP = 2  # pixels between the images of a sheet
MARGIN = 12  # pixels around rows
PAPER = 255
REAL = (205, 205, 210)  # the real points of a cloud


def sheet(images: Tensor, columns: int | None = None, scale: int = 1) -> Picture:
    """One picture (H, W, 3) of ``images`` (N, C, H, W) in [-1, 1], in rows, enlarged ``scale`` times, not smoothed."""
    tiles = to_bytes(images).repeat(scale, axis=1).repeat(scale, axis=2)
    return with_margin(tiled(tiles, columns or ceil(sqrt(len(tiles)))), GAP)


def tiled(tiles: Sequence[Picture] | Pictures, columns: int, gap: int = GAP) -> Picture:
    """Tiles (H, W, 3) of one size, ``columns`` in a row, ``gap`` white pixels between them. ValueError for no tile."""
    if not len(tiles):
        raise ValueError("expected at least one tile for a sheet, got none.")
    columns = min(columns, len(tiles))
    height, width, _ = tiles[0].shape
    rows = ceil(len(tiles) / columns)
    page = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), PAPER, np.uint8)
    for index, tile in enumerate(tiles):
        top, left = index // columns * (height + gap), index % columns * (width + gap)
        page[top : top + height, left : left + width] = tile
    return page


def beside(parts: Sequence[Picture], gap: int = 0) -> Picture:
    """Pictures next to each other, from the top, on white."""
    height = max(part.shape[0] for part in parts)
    wide = [np.pad(part, ((0, height - part.shape[0]), (0, 0), (0, 0)), constant_values=PAPER) for part in parts]
    between = np.full((height, gap, 3), PAPER, np.uint8)
    return np.concatenate([piece for part in wide for piece in (part, between)][:-1], axis=1)


def below(parts: Sequence[Picture], gap: int = 0) -> Picture:
    """Pictures under each other, from the left, on white."""
    return beside([part.swapaxes(0, 1) for part in parts], gap).swapaxes(0, 1)


def with_margin(picture: Picture, margin: int = MARGIN) -> Picture:
    """A white margin around it."""
    return np.pad(picture, ((margin, margin), (margin, margin), (0, 0)), constant_values=PAPER)


def bordered(picture: Picture, colour: str, thickness: int = 1) -> Picture:
    """Its outermost pixels in a colour (hex)."""
    page = np.full_like(picture, rgb(colour))
    inner = slice(thickness, -thickness)
    page[inner, inner] = picture[inner, inner]
    return page


def labelled_rows(
    rows: Iterable[tuple[str, Sequence[Picture]]],
    *,
    width: int = 150,
    gap: int = 4,
    title: str = "",
    note: str = "",
    heads: Sequence[str] = (),
) -> Picture:
    """Rows of tiles (h, w, 3), each beside its words in ``width`` pixels, under a title, a note and columns' heads.

    The first line of a row's words is its name; further ones are smaller and grey.
    """
    parts = [(paragraph(words, width, tiles[0].shape[0]), *tiles) for words, tiles in rows]
    above: list[Picture] = []
    if title:
        above.append(label(title, label_width(title, 20), 30, size=18, bold=True))
    if note:
        above.append(label(note, label_width(note, NOTE) + 1, 22, size=NOTE, ink=QUIET))
    if heads:
        across = max(tile.shape[1] for _, *tiles in parts for tile in tiles)
        places = [label(head, across, 20, size=NOTE, align="centre", ink=QUIET) for head in heads]
        above.append(beside([label("", width, 20), *places], gap))
    return with_margin(below([*above, *(beside(part, gap) for part in parts)], gap))


def image_rows(rows: Iterable[tuple[str, Tensor]], title: str = "") -> Picture:
    """A row for each (words, images (S, C, H, W) in [-1, 1]); small images are enlarged to 64 pixels or nearly so."""
    return labelled_rows(((words, [strip(images)]) for words, images in rows), title=title)


def strip(images: Tensor) -> Picture:
    """Images (S, C, H, W) in [-1, 1] beside each other; small ones are enlarged to 64 pixels or nearly so."""
    return sheet(images, len(images), max(1, 64 // images.shape[-1]))


def cloud(
    points: Tensor,
    real: Tensor | None = None,
    size: int = 512,
    reach: float | None = None,
    *,
    colours: Sequence[tuple[int, int, int]] = (),
    radius: float = 1.5,
    finer: int = 1,
) -> Picture:
    """Points (N, 2) over real ones in grey, as a picture (size, size, 3) of [-reach, reach]^2.

    ``colours`` are the points' own; without them all are blue. Drawn ``finer`` times as large, with dots of ``radius``
    pixels there, and made smaller, so that the dots of many points stay apart.
    """
    reach = reach or 1.25 * float((points if real is None else real).abs().max())
    side = size * finer
    page = np.full((side, side, 3), PAPER, np.uint8)

    def places(of: Tensor) -> list[list[int]]:
        found = ((of.detach().float().cpu().numpy() * [1, -1] / reach + 1) * side / 2 * 16).round().astype(int)
        return found.clip(-(2**14), 2**14).tolist()

    behind = [] if real is None else [(place, REAL, 1.5) for place in places(real)]
    own = colours or [rgb(BLUE)] * len(points)
    for (x, y), colour, wide in chain(behind, ((*each, radius) for each in zip(places(points), own, strict=True))):
        cv2.circle(page, (x, y), round(16 * wide), colour, -1, cv2.LINE_AA, shift=4)
    return page if finer == 1 else np.asarray(cv2.resize(page, (size, size), interpolation=cv2.INTER_AREA), np.uint8)


def picture(samples: Tensor, real: Tensor | None = None, columns: int | None = None) -> Picture:
    """The picture that fits the samples: a sheet of images, a row of frames for each clip, or a cloud of points."""
    if samples.dim() == 2:
        return cloud(samples, real)
    if samples.dim() == 5:  # (N, C, T, H, W)
        samples, columns = samples.transpose(1, 2).flatten(0, 1), samples.shape[2]
    return sheet(samples, columns, scale=max(1, 64 // samples.shape[-1]))


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
