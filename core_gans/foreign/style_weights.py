"""What layouts of generators by style share: constants in use (the gain of an equalised layer, the slower rate of the
mapping) are multiplied into the weights."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import sqrt

from torch import Tensor

from core_gans.foreign.weights import found
from core_gans.foundation.errors import LabError

Weights = Mapping[str, Tensor]
SLOW = 0.01  # the rate of the mapping beside that of the rest


def nvidia_mapping(weights: Weights, network: str) -> tuple[dict[str, Tensor], int]:
    """The mapping of NVIDIA's files, and how many layers it has. LabError where ``network`` takes labels."""
    if "mapping.embed.weight" in weights:
        raise LabError(f"this {network} takes labels, and only those without labels are opened here.")
    layers = sum(re.fullmatch(r"mapping\.fc\d+\.weight", name) is not None for name in weights)
    ours: dict[str, Tensor] = {}
    for place in range(layers):
        ours |= mapped_of(weights, f"mapping.fc{place}", place + 1)
    return ours, layers


def mapped_of(weights: Weights, theirs: str, place: int) -> dict[str, Tensor]:
    """The layer of the mapping at ``place``, that is called ``theirs`` there."""
    weight = found(weights, f"{theirs}.weight")
    return {
        f"mapping.{place}.weight": weight * (SLOW / sqrt(weight.shape[1])),
        f"mapping.{place}.bias": found(weights, f"{theirs}.bias") * SLOW,
    }


def affine_of(weights: Weights, theirs: str, layer: str) -> dict[str, Tensor]:
    """What makes the style channels of ``layer``, that is called ``theirs`` there."""
    weight = found(weights, f"{theirs}.weight")
    return {
        f"{layer}.affine.weight": weight / sqrt(weight.shape[1]),
        f"{layer}.affine.bias": found(weights, f"{theirs}.bias"),
    }
