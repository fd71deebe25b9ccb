"""Pictures of directions: strips of images along one, and many directions over the same image."""

from collections.abc import Sequence

from torch import Tensor, nn

from core_gans.foundation.colours import INK, QUIET
from core_gans.foundation.lettering import label
from core_gans.foundation.pixels import Picture, to_bytes
from core_gans.foundation.sheets import below, beside, bordered, with_margin
from dissect.directions.moving import Direction
from dissect.report.sheets import enlarge

GAP = 4
ROW = 20  # height of a line of text


def strips(
    generator: nn.Module,
    directions: Sequence[Direction],
    latents: Tensor,
    strengths: Sequence[float],
    *,
    captions: Sequence[str] | None = None,
    width: int = 96,
) -> Picture:
    """A row for each direction and latent, a column for each of the ``strengths``.

    What was not moved has a frame. ``latents`` are (N, ...). ValueError as ``Direction.images``.

    With one direction the rows are latents; with several each row of latents is preceded by the direction's name and
    its caption.
    """
    notes = [""] * len(directions) if captions is None else list(captions)
    rows: list[Picture] = []
    head = [label(_signed(strength), width, ROW, align="centre", ink=QUIET) for strength in strengths]
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
    return with_margin(below([beside(head, GAP), *rows], GAP))


def _tile(image: Tensor, width: int, untouched: bool) -> Picture:
    shown = enlarge(to_bytes(image[None])[0], width)
    return bordered(shown, INK, thickness=2) if untouched else shown


def _signed(strength: float) -> str:
    return f"{strength:+g}" if strength else "0"
