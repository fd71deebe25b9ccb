"""What the palette shows of each concept: a crop of a scene in which it is clearly seen."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from demos.paint.painter import FIRST_SEEDS, SEEN, Painter

MOST_SCENES = 3 * FIRST_SEEDS  # looked through for crops
CLEAR = 0.06  # share of the picture from which on larger is not clearer
LEAST, MOST = 1 / 4, 1 / 2  # side of a crop, in shares of the picture's
PALE = 0.4  # what is left of the colours around the thing


@dataclass(frozen=True, eq=False)
class Crop:
    """A square piece (3, h, h) of a picture, all but the concept pale, and how good an example it is: large, bright."""

    picture: Tensor
    merit: float  # up to 1.5


def crops(painter: Painter) -> dict[str, Crop]:
    """The clearest crop for each concept that the first scenes show; a concept that none shows is left out."""
    found: dict[str, Crop] = {}
    for seed in range(MOST_SCENES):
        edit_session = painter.edit_session(seed)
        for concept in (*painter.labels, *painter.wholes):
            there = edit_session.canvas.seen(painter.parts(concept))
            crop = _crop(edit_session.before, there.numpy())
            if crop is not None and (concept not in found or crop.merit > found[concept].merit):
                found[concept] = crop
        if seed >= FIRST_SEEDS and {*painter.concepts, *painter.wholes} <= set(found):
            break
    return found


def _crop(picture: Tensor, there: np.ndarray) -> Crop | None:
    """The crop around the largest piece of what is ``there`` (H, W); None where that is too small to be seen."""
    count, _, figures, _ = cv2.connectedComponentsWithStats(there.astype(np.uint8))
    if count < 2:
        return None
    largest = figures[1:][figures[1:, cv2.CC_STAT_AREA].argmax()]
    left, top, width, height, area = (int(number) for number in largest)
    side = min(there.shape)
    share = area / there.size
    if share < SEEN / 4:
        return None
    wide = int(np.clip(1.3 * max(width, height), side * LEAST, side * MOST))
    x = int(np.clip(left + width / 2 - wide / 2, 0, there.shape[1] - wide))
    y = int(np.clip(top + height / 2 - wide / 2, 0, there.shape[0] - wide))
    shown = torch.from_numpy(there).to(picture)
    pale = picture * PALE + (1 - PALE) * 0.6
    drawn = torch.where(shown > 0, picture, pale)[:, y : y + wide, x : x + wide]
    light = float(picture[:, there].mean()) / 2 + 0.5
    return Crop(drawn, min(share, CLEAR) / CLEAR * (0.5 + light))
