"""How files of StyleGAN3 name their weights: the state dict of NVIDIA's ``G_ema``, configurations T and R.

The names tell each layer's side and units, the kernels and filters the rest; only the width of the margin and the
bandwidth of the first waves stand nowhere, and are those of all published networks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import sqrt

from torch import Tensor

from core_gans.foreign.style_weights import affine_of, nvidia_mapping
from core_gans.foreign.stylegan3 import MARGIN, LayerPlan, StyleGAN3
from core_gans.foreign.weights import complete, fitted, found
from core_gans.foundation.errors import LabError

Weights = Mapping[str, Tensor]
NAME = re.compile(r"synthesis\.(L(\d+)_(\d+)_(\d+))\.weight")  # number, side, units


def is_alias_free(weights: Weights) -> bool:
    """Whether these are names of NVIDIA's stylegan3."""
    return "synthesis.input.freqs" in weights


@complete
def of_alias_free(weights: Weights) -> StyleGAN3:
    """The generator of a state dict of ``G_ema``.

    LabError where a layer is missing, labels are asked for, or sides are none of a margin of ``MARGIN`` cells.
    """
    ours, mapped = nvidia_mapping(weights, "StyleGAN3")
    plans = _plans(weights)
    ours["mean_style"] = found(weights, "mapping.w_avg")
    ours |= affine_of(weights, "synthesis.input.affine", "input")
    waves = found(weights, "synthesis.input.weight")
    ours["input.weight"] = waves / sqrt(len(waves))
    for name in ("transform", "freqs", "phases"):
        ours[f"input.{name}"] = found(weights, f"synthesis.input.{name}")
    for plan in plans:
        theirs = f"synthesis.{plan.name}"
        kernel = found(weights, f"{theirs}.weight")
        ours |= affine_of(weights, f"{theirs}.affine", plan.name)
        if plan.draws:
            ours[f"{plan.name}.weight"] = kernel / sqrt(kernel[0].numel())
        else:
            ours[f"{plan.name}.weight"] = kernel * kernel.square().mean((1, 2, 3), keepdim=True).rsqrt()
        ours[f"{plan.name}.bias"] = found(weights, f"{theirs}.bias")
        ours[f"{plan.name}.magnitude"] = found(weights, f"{theirs}.magnitude_ema")
        for filter_, there in (("up", plan.up), ("down", plan.down)):
            if there:
                ours[f"{plan.name}.{filter_}"] = found(weights, f"{theirs}.{filter_}_filter")
    latent = found(weights, "mapping.fc0.weight").shape[1]
    network = StyleGAN3(latent, len(ours["mean_style"]), mapped, plans)
    fitted(network, ours)
    return network


def _plans(weights: Weights) -> list[LayerPlan]:
    layers = sorted((match for name in weights if (match := NAME.fullmatch(name))), key=lambda match: int(match[2]))
    if len(layers) < 3 or [int(layer[2]) for layer in layers] != list(range(len(layers))):
        raise LabError(f"expected layers L0, L1 and so on, got {', '.join(layer[1] for layer in layers) or 'none'}.")
    sides = [int(layer[3]) for layer in layers]
    rates = [side - 2 * MARGIN for side in sides[:-2]] + sides[-2:]  # the last two have no margin
    if odd := [side for side, rate in zip(sides, rates, strict=True) if rate < 4 or rate & (rate - 1)]:
        raise LabError(
            f"expected sides of a power of 2 and {MARGIN} cells of margin on each side, got {', '.join(map(str, odd))}."
        )
    plans = []
    for place, layer in enumerate(layers):
        name, before = f"synthesis.{layer[1]}", max(place - 1, 0)
        kernel = found(weights, f"{name}.weight")
        draws = place == len(layers) - 1
        up, down = [() if draws else tuple(found(weights, f"{name}.{each}_filter").shape) for each in ("up", "down")]
        plans.append(
            LayerPlan(
                layer[1],
                (kernel.shape[1], kernel.shape[0]),
                (sides[before], sides[place]),
                (rates[before], rates[place]),
                kernel.shape[2],
                up,
                down,
                draws=draws,
            )
        )
    return plans
