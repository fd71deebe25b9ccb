"""Finds directions in the noise part of a latent: in closed form, and as principal ones."""

from __future__ import annotations

import copy
from typing import Literal

import torch
from torch import Tensor, nn

from demos.exploring.makeup import Makeup
from demos.exploring.stages import UpTo, early_stage
from dissect.directions import LatentDirection, closed_form_directions, first_weights, principal_directions

Method = Literal["sefa", "pca"]
METHODS: tuple[Method, ...] = ("sefa", "pca")
COUNT = 8  # directions shown
LOOKED_AT = 640  # latents whose activations principal directions are read off


def directions(net: nn.Module, makeup: Makeup, latents: Tensor, method: Method) -> tuple[LatentDirection, ...]:
    """At most ``COUNT`` directions of whole latents (size,), of length 1, that leave what was asked for alone.

    ``latents`` (N, size) are some of the game's; "pca" takes what the first one asked for with all of them.

    ValueError where nothing can be read off the network.
    """
    found = _closed_form(net, makeup) if method == "sefa" else _principal(net, makeup, latents)
    return tuple(
        LatentDirection(each.name, nn.functional.pad(each.vector, (0, makeup.size - len(each.vector))), each.facts)
        for each in found
    )


def _closed_form(net: nn.Module, makeup: Makeup) -> tuple[LatentDirection, ...]:
    first = copy.deepcopy(net.get_submodule(first_weights(net)))
    weight = first.weight
    assert isinstance(weight, Tensor)
    axis = 0 if isinstance(first, nn.ConvTranspose2d) else 1
    taken = min(makeup.noise, weight.shape[axis])  # a pyramid's first level takes a part of the noise
    first.weight = nn.Parameter(weight.detach().narrow(axis, 0, taken), requires_grad=False)
    return closed_form_directions(nn.Sequential(first), ["0"], (taken,), count=min(COUNT, taken))


def _principal(net: nn.Module, makeup: Makeup, latents: Tensor) -> tuple[LatentDirection, ...]:
    early = UpTo(net, early_stage(net), latents[0, makeup.noise :])
    return principal_directions(early, "stage", latents[:, : makeup.noise], count=min(COUNT, makeup.noise))


def reach(latents: Tensor, makeup: Makeup) -> float:
    """How far a step along a direction may go: almost half the usual length of the noise, in half steps."""
    usual = float(latents[:, : makeup.noise].norm(dim=1).mean())
    return max(1.0, torch.tensor(0.9 * usual).round().item() / 2)
