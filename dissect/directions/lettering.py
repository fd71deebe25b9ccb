"""Pictures beside and below each other, on white."""

import numpy as np

from dissect.report.sheets import Picture

GREY = (118, 122, 132)
MARGIN = 12  # pixels


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


def framed(sheet: Picture) -> Picture:
    """A white margin around it."""
    return np.pad(sheet, ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0)), constant_values=255)
