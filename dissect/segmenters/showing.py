"""Pictures of what a segmenter sees: image, truth and answer side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core_gans.foundation.lettering import label, label_width
from dissect.segmenters.protocol import Segmenter
from dissect.segmenters.scoring import as_tensors

_TITLES = ("image", "truth", "segmenter")
_GAP = 6
_SMALLEST = 160  # pixels on a picture's smaller side: small images are enlarged
_NONE = (70, 70, 70)  # pixels without a label, or that the segmenter gives to no label
_SIZE = 13.0  # of the letters, in pixels
_LINE = 22


def comparison(
    segmenter: Segmenter,
    images: NDArray[np.uint8],
    masks: NDArray[np.integer],
    colours: Sequence[Sequence[int]],
) -> NDArray[np.uint8]:
    """A row for each of ``images`` (N, H, W, 3): itself, its mask, the segmenter's answer; below, the classes' names.

    ``colours`` has an RGB for each label. The answer shows classes also where the mask judges none.
    """
    shown, _ = as_tensors(images, masks, "cpu")
    answers = segmenter(shown).numpy()
    palette = np.array([*colours, _NONE], np.uint8)  # -1 is the last
    labels = [*segmenter.labels, "none of them"]
    if masks.min() >= 0 and answers.min() >= 0:
        labels.pop()
    height, width = images.shape[1:3]
    scale = max(1, -(-_SMALLEST // min(height, width)))
    rows = []
    for image, mask, answer in zip(images, masks, answers, strict=True):
        three = (image, palette[mask], palette[answer])
        rows.append(np.hstack([_framed(picture, scale) for picture in three]))
    sheet = np.vstack(rows)
    head = np.full((_LINE + _GAP, sheet.shape[1], 3), 255, np.uint8)
    for i, title in enumerate(_TITLES):
        _write(head, title, (i * sheet.shape[1] // 3 + _GAP, _LINE - 4))
    return np.vstack([head, sheet, _legend(labels, palette, sheet.shape[1])])


def _framed(picture: NDArray[np.uint8], scale: int) -> NDArray[np.uint8]:
    large = picture.repeat(scale, axis=0).repeat(scale, axis=1)
    return np.pad(large, ((0, _GAP), (_GAP, 0), (0, 0)), constant_values=255)


def _legend(labels: Sequence[str], palette: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    """The labels beside patches of their colours, as many lines as they need."""
    lines: list[list[int]] = [[]]
    at = 0
    for i, name in enumerate(labels):
        wide = _extent(name)
        if lines[-1] and at + wide > width:
            lines.append([])
            at = 0
        lines[-1].append(i)
        at += wide
    legend = np.full((_LINE * len(lines) + _GAP, width, 3), 255, np.uint8)
    for row, line in enumerate(lines):
        left = _GAP
        for i in line:
            top = row * _LINE + _GAP
            legend[top : top + 14, left : left + 14] = palette[i]
            _write(legend, labels[i], (left + 20, top + 12))
            left += _extent(labels[i])
    return legend


def _extent(name: str) -> int:
    return 38 + label_width(name, _SIZE)


def _write(picture: NDArray[np.uint8], text: str, place: tuple[int, int]) -> None:
    """``text`` from ``place`` (x, y), where its line begins; what is wider than the picture is shrunk to fit."""
    left, below = place
    width = min(label_width(text, _SIZE), picture.shape[1] - left)
    picture[below - 14 : below + 4, left : left + width] = label(text, width, 18, size=_SIZE)
