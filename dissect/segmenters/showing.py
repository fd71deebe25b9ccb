"""Pictures of what a segmenter sees: image, truth and answer side by side."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np
from numpy.typing import NDArray

from core_gans.foundation.lettering import label, label_width
from core_gans.foundation.sheets import below, beside, tiled, with_margin
from dissect.segmenters.protocol import Segmenter
from dissect.segmenters.scoring import as_tensors

_TITLES = ("image", "truth", "segmenter")
_GAP = 6
_SMALLEST = 160  # pixels on a picture's smaller side: small images are enlarged
_NONE = (70, 70, 70)  # pixels without a label, or that the segmenter gives to no label
_SIZE = 13.0  # of the letters, in pixels
_LINE, _PATCH = 22, 16


def comparison(
    segmenter: Segmenter,
    images: NDArray[np.uint8],
    masks: NDArray[np.integer],
    colours: Sequence[Sequence[int]],
) -> NDArray[np.uint8]:
    """A row for each of ``images`` (N, H, W, 3): itself, its mask, the segmenter's answer; below, the classes' names.

    ``colours`` has an RGB for each label. The answer shows classes also where the mask judges none.
    ValueError for no images.
    """
    shown, _ = as_tensors(images, masks, "cpu")
    answers = segmenter(shown).numpy()
    palette = np.array([*colours, _NONE], np.uint8)  # -1 is the last
    labels = [*segmenter.labels, "none of them"]
    if masks.min() >= 0 and answers.min() >= 0:
        labels.pop()
    width = images.shape[2]
    scale = max(1, ceil(_SMALLEST / min(images.shape[1:3])))
    tiles = [
        picture.repeat(scale, axis=0).repeat(scale, axis=1)
        for image, mask, answer in zip(images, masks, answers, strict=True)
        for picture in (image, palette[mask], palette[answer])
    ]
    across = width * scale
    heads = beside([label(title, across, _LINE, size=_SIZE) for title in _TITLES], _GAP)
    grid = tiled(tiles, len(_TITLES), _GAP)
    return with_margin(below([heads, grid, _legend(labels, palette, grid.shape[1])], _GAP), _GAP)


def _legend(labels: Sequence[str], palette: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    """The labels beside patches of their colours, as many lines as they need; a longer name is shrunk to ``width``."""
    lines: list[list[NDArray[np.uint8]]] = [[]]
    for name, colour in zip(labels, palette, strict=False):  # the palette's last is for no label
        patch = np.full((_LINE, _PATCH, 3), colour, np.uint8)
        words = label(name, min(label_width(name, _SIZE), width - _PATCH - _GAP), _LINE, size=_SIZE)
        entry = beside([patch, words], _GAP)
        if lines[-1] and sum(each.shape[1] + 2 * _GAP for each in lines[-1]) + entry.shape[1] > width:
            lines.append([])
        lines[-1].append(entry)
    return below([beside(line, 2 * _GAP) for line in lines], _GAP)
