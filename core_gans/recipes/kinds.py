"""The kinds of data that settings are chosen by: what a shape and a count tell, without a look at the content."""

from __future__ import annotations

from typing import Literal, get_args

from core_gans.foundation.errors import LabError
from core_gans.networks.blocks import doubled

Kind = Literal["points", "grey", "colour", "pictures", "clips"]
KINDS: tuple[Kind, ...] = get_args(Kind)

SMALL = 48  # pixels of the longer side, up to which images are small
FEW = 1_000  # fewer images than that: a discriminator learns them by heart
TOLD: dict[Kind, str] = {
    "points": "points",
    "grey": f"grey images of up to {SMALL} pixels",
    "colour": f"colour images of up to {SMALL} pixels",
    "pictures": f"pictures of more than {SMALL} pixels",
    "clips": "clips",
}


def kind_of(shape: tuple[int, ...]) -> Kind | None:
    """The kind of examples of ``shape``: (D,) of points, (C, H, W) of images, (C, T, H, W) of clips.

    None for what no recipe suits: sides that convolutions by doubling do not draw.
    """
    if len(shape) == 1:
        return "points"
    if len(shape) == 4:
        return "clips" if kind_of((shape[0], *shape[2:])) else None
    try:
        doubled(shape, "dcgan")
    except LabError:
        return None
    if max(shape[1:]) > SMALL:
        return "pictures"
    return "grey" if shape[0] == 1 else "colour"
