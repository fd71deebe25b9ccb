"""Pictures that a person marks as bad: the same that the units are ranked by."""

from __future__ import annotations

from typing import Any

import torch
from markupsafe import Markup
from torch import Tensor

from core_gans.foundation.html import filled
from core_gans.foundation.pixels import to_bytes, webp_url
from core_gans.foundation.seeds import as_generator
from demos.dissecting.dissectable_model import DissectableModel
from dissect.hooks import at_rest
from dissect.sampling import generate

SHOWN = 48  # pictures to mark
QUALITY = 84


def to_mark(dissectable: DissectableModel) -> Tensor:
    """The latents (SHOWN, ...) of the pictures, drawn as the first that ``mending.attempt`` ranks by."""
    return dissectable.latents(SHOWN, as_generator(0))


def marks_of(places: Any) -> Tensor:
    """Truth values (SHOWN,) from places that may come from anywhere. ValueError for what are none, or all of them."""
    right = isinstance(places, list) and all(type(each) is int and 0 <= each < SHOWN for each in places)
    if not right or not 0 < len(set(places)) < SHOWN:
        raise ValueError(
            f"expected some of the {SHOWN} pictures to be marked, and some left: mark a few that look wrong."
        )
    marks = torch.zeros(SHOWN)
    marks[sorted(set(places))] = 1
    return marks


def marks_html(dissectable: DissectableModel) -> Markup:
    """The pictures as buttons, and the button that mends by them."""
    with dissectable.lock, at_rest(dissectable.net):
        pictures = to_bytes(generate(dissectable.net, to_mark(dissectable)))
    return filled("demos.dissecting", "marks.html.j2", pictures=[webp_url(each, QUALITY) for each in pictures])
