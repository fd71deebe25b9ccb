"""Pictures as files: frames beside each other in one PNG, and as a film."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image
from torch import Tensor

from core_gans.foundation.pixels import png, to_bytes

FRAME_MS = 60
HELD_MS = 600  # at either end
LEAST_SIDE = 256  # pixels of a film, for small pictures would be shown as stamps


def beside(images: Tensor) -> bytes:
    """Images (N, C, H, W) in [-1, 1] from left to right, without gaps: a PNG of H x (N W)."""
    return png(np.concatenate(to_bytes(images), axis=1))


def film(frames: np.ndarray) -> bytes:
    """Frames (N, H, W, 3), RGB bytes, there and back in an endless GIF; small ones enlarged without smoothing."""
    scale = max(1, LEAST_SIDE // frames.shape[2])
    large = frames.repeat(scale, axis=1).repeat(scale, axis=2)
    pages = [Image.fromarray(each).convert("P", palette=Image.Palette.ADAPTIVE) for each in large]
    there_and_back = pages + pages[-2:0:-1]
    held = {0, len(pages) - 1}
    code = io.BytesIO()
    there_and_back[0].save(
        code,
        format="GIF",
        save_all=True,
        append_images=there_and_back[1:],
        duration=[HELD_MS if place in held else FRAME_MS for place in range(len(there_and_back))],
        loop=0,
        optimize=False,
    )
    return code.getvalue()
