"""Which layer keeps the features of an inversion, where none is named."""

from __future__ import annotations

from torch import Tensor, nn

from dissect.generators import default_layers
from dissect.hooks import layers as layers_of

CELLS = 8  # on a side: fewer say little of places, and many more draw edges and colours, no things


def middle_layer(generator: nn.Module, latents: Tensor) -> str | None:
    """The first layer, from the latents on, whose maps have at least ``CELLS`` cells a side; else the last with maps.

    None for a generator without layers that can be dissected. ``latents`` are (N, ...). ValueError for
    bare TorchScript.
    """
    found = default_layers(generator, latents)
    shapes = layers_of(generator, latents)
    return next((name for name in found if min(shapes[name][2:]) >= CELLS), found[-1] if found else None)
