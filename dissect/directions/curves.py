"""Curves of an effect: the share of each class against the strength, over the band of the random directions."""

import cv2
import numpy as np
from numpy.typing import NDArray

from core_gans.foundation.sheets import INK, label
from dissect.directions.effects import Effect
from dissect.directions.lettering import GREY, below, beside, framed
from dissect.report.sheets import Picture

WIDTH, HEIGHT, MARGIN = 210, 120, 34  # of one panel, and the room for the numbers at its left
COLUMNS = 3  # panels in a row
FINER = 3  # drawn this many times larger, for smooth lines
BAND, HELD = (222, 224, 230), (180, 207, 240)
LINE, BEYOND = (60, 95, 150), (200, 70, 40)


def curves(effect: Effect, *, count: int = 6) -> Picture:
    """A panel for each of the ``count`` classes that change most: share of the pixels in percent, strength across.

    The line is the mean over images on its 95% interval; the grey band goes from the lowest to the highest random
    direction. The line is red where the class changes by more than every random direction changes it.
    """
    order = np.argsort(-np.abs(effect.change), kind="stable")[:count]
    beyond = set(effect.beyond())
    panels = [_panel(effect, int(k), effect.labels[k] in beyond) for k in order]
    rows = [beside(panels[start : start + COLUMNS], 10) for start in range(0, len(panels), COLUMNS)]
    title = label(f"{effect.name}: percent of pixels against strength; grey: random directions", rows[0].shape[1], 22)
    return framed(below([title, *rows], 10))


def _panel(effect: Effect, k: int, beyond: bool) -> Picture:
    band = (100 * effect.control.shares[:, :, k].min(0), 100 * effect.control.shares[:, :, k].max(0))
    held = (100 * effect.low[:, k], 100 * effect.high[:, k])
    top = max(float(band[1].max()), float(held[1].max()), 0.5) * 1.05
    x = (np.array(effect.strengths) - effect.strengths[0]) / (effect.strengths[-1] - effect.strengths[0])
    sheet = np.full((HEIGHT * FINER, WIDTH * FINER, 3), 255, dtype=np.uint8)

    def points(y: NDArray[np.float64]) -> NDArray[np.int32]:
        across = x * (WIDTH * FINER - 1)
        return np.stack([across, (1 - y / top) * (HEIGHT * FINER - 1)], axis=1).round().astype(np.int32)

    for (low, high), colour in ((band, BAND), (held, HELD)):
        cv2.fillPoly(sheet, [np.concatenate([points(low), points(high)[::-1]])], colour, cv2.LINE_AA)
    cv2.polylines(sheet, [points(100 * effect.shares[:, k])], False, BEYOND if beyond else LINE, 2 * FINER, cv2.LINE_AA)
    cv2.line(sheet, (0, sheet.shape[0] - 1), (sheet.shape[1] - 1, sheet.shape[0] - 1), GREY, FINER)
    cv2.line(sheet, (0, 0), (0, sheet.shape[0] - 1), GREY, FINER)
    plot = np.asarray(cv2.resize(sheet, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    scale = [label(f"{top:.2g}", MARGIN - 5, 16, size=11, align="right", ink=GREY)]
    scale += [np.full((HEIGHT - 32, MARGIN - 5, 3), 255, dtype=np.uint8)]
    scale += [label("0", MARGIN - 5, 16, size=11, align="right", ink=GREY)]
    ends = [f"{effect.strengths[0]:+g}", f"{effect.strengths[-1]:+g}"]
    feet = [
        label(ends[0], WIDTH // 2, 16, size=11, ink=GREY),
        label(ends[1], WIDTH // 2, 16, size=11, align="right", ink=GREY),
    ]
    blank = np.full((16, MARGIN, 3), 255, dtype=np.uint8)
    heading = label(effect.labels[k], WIDTH, 18, ink=BEYOND if beyond else INK)
    return below(
        [
            beside([np.full((18, MARGIN, 3), 255, dtype=np.uint8), heading]),
            beside([below(scale), plot], 5),
            beside([blank, *feet]),
        ]
    )
