"""The pictures of an exploration: rows of images, or of clouds of points."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

import numpy as np
from PIL import Image, ImageDraw
from torch import Tensor

from core_gans.foundation.sheets import GAP, PAPER, sheet

LABEL = 16  # pixels of a line of words
INK = (40, 42, 48)
SIDE = 64  # pixels of a tile, at least


def rows(images: Tensor, words: Sequence[str] = ()) -> np.ndarray:
    """Images (R, S, C, H, W) in [-1, 1] as R rows; ``words`` stand over the first of them. RGB bytes (H, W, 3)."""
    scale = max(1, SIDE // images.shape[-1])
    pages = []
    for row, said in zip_longest(images, words):
        page = sheet(row, columns=len(row), scale=scale)
        pages += [page] if said is None else [_line(said, page.shape[1]), page]
    return np.concatenate(pages)


def _line(words: str, width: int) -> np.ndarray:
    page = Image.new("RGB", (width, LABEL), (PAPER,) * 3)
    ImageDraw.Draw(page).text((GAP, 2), words, fill=INK)
    return np.asarray(page)
