"""Words on pictures, by OpenCV: set four times too large and reduced by area, so that small letters stay smooth."""

import cv2
import numpy as np

from dissect.report.sheets import Picture

INK, GREY = (32, 35, 42), (118, 122, 132)
_FONT, _FINER = cv2.FONT_HERSHEY_SIMPLEX, 4


def label(
    text: str, width: int, height: int, *, size: float = 13.0, align: str = "left", ink: tuple[int, int, int] = INK
) -> Picture:
    """``text`` on white, (height, width, 3), centred vertically; shrunk where it is too wide.

    ``size`` is the height of capitals and figures in pixels, times 1.4; ``align`` is left, right or centre. Letters
    outside ASCII are shown as question marks, for the font has no others.
    """
    text = text.encode("ascii", "replace").decode()
    sheet = np.full((height * _FINER, width * _FINER, 3), 255, dtype=np.uint8)
    scale = size * _FINER / 30
    thick = max(1, round(scale * 1.6))
    (across, up), _ = cv2.getTextSize(text, _FONT, scale, thick)
    if across > sheet.shape[1]:
        scale *= sheet.shape[1] / across
        (across, up), _ = cv2.getTextSize(text, _FONT, scale, thick)
    free = max(0, sheet.shape[1] - across)
    left = {"left": 0, "centre": free // 2, "right": free}[align]
    cv2.putText(sheet, text, (left, (sheet.shape[0] + up) // 2), _FONT, scale, ink, thick, cv2.LINE_AA)
    return np.asarray(cv2.resize(sheet, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def beside(parts: list[Picture], gap: int = 0) -> Picture:
    """Pictures next to each other, from the top, on white."""
    height = max(part.shape[0] for part in parts)
    wide = [np.pad(part, ((0, height - part.shape[0]), (0, 0), (0, 0)), constant_values=255) for part in parts]
    between = np.full((height, gap, 3), 255, dtype=np.uint8)
    return np.concatenate([piece for part in wide for piece in (part, between)][:-1], axis=1)


def below(parts: list[Picture], gap: int = 0) -> Picture:
    """Pictures under each other, from the left, on white."""
    width = max(part.shape[1] for part in parts)
    tall = [np.pad(part, ((0, 0), (0, width - part.shape[1]), (0, 0)), constant_values=255) for part in parts]
    between = np.full((gap, width, 3), 255, dtype=np.uint8)
    return np.concatenate([piece for part in tall for piece in (part, between)][:-1], axis=0)


def framed(sheet: Picture, margin: int = 12) -> Picture:
    """A white margin around it."""
    return np.pad(sheet, ((margin, margin), (margin, margin), (0, 0)), constant_values=255)
