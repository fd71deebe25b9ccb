"""Pictures of directions: strips of images along one, and many directions over the same image."""

from collections.abc import Sequence

import numpy as np
from torch import Tensor, nn

from core_gans.foundation.pixels import to_bytes
from core_gans.foundation.sheets import INK, label
from dissect.directions.lettering import GREY, below, beside, framed
from dissect.directions.moving import Direction
from dissect.report.sheets import Picture, enlarge

GAP = 4
ROW = 20  # height of a line of text
UNTOUCHED = 2  # thickness of the frame around what was not moved


def strips(
    generator: nn.Module,
    directions: Sequence[Direction],
    latents: Tensor,
    strengths: Sequence[float],
    *,
    captions: Sequence[str] | None = None,
    width: int = 96,
) -> Picture:
    """A row for each direction and latent, a column for each strength.

    What was not moved has a frame. ``latents`` are (N, ...).

    With one direction the rows are latents; with several each row of latents is preceded by the direction's name and
    its caption.
    """
    notes = [""] * len(directions) if captions is None else list(captions)
    rows: list[Picture] = []
    head = [label(_signed(strength), width, ROW, align="centre", ink=GREY) for strength in strengths]
    for direction, note in zip(directions, notes, strict=True):
        columns = [direction.images(generator, latents, strength) for strength in strengths]
        across = len(strengths) * (width + GAP) - GAP
        title = f"{direction.name}   {note}".rstrip()
        rows.append(label(title, across, ROW + 4))
        for place in range(len(latents)):
            tiles = [
                _tile(images[place], width, strength == 0) for images, strength in zip(columns, strengths, strict=True)
            ]
            rows.append(beside(tiles, GAP))
    return framed(below([beside(head, GAP), *rows], GAP))


def _tile(image: Tensor, width: int, untouched: bool) -> Picture:
    shown = enlarge(to_bytes(image[None])[0], width)
    if untouched:
        ring = np.zeros(shown.shape[:2], dtype=bool)
        ring[:UNTOUCHED], ring[-UNTOUCHED:], ring[:, :UNTOUCHED], ring[:, -UNTOUCHED:] = True, True, True, True
        shown = np.where(ring[:, :, None], np.array(INK, dtype=np.uint8), shown)
    return shown


def _signed(strength: float) -> str:
    return f"{strength:+g}" if strength else "0"
