"""How files of StyleGAN2 name their weights: rosinality's, and NVIDIA's stylegan2-ada-pytorch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import sqrt

import torch
from torch import Tensor

from core_gans.foreign.style_weights import affine_of, mapped_of, nvidia_mapping
from core_gans.foreign.stylegan2 import StyleGAN2
from core_gans.foreign.weights import complete, fitted, found
from core_gans.foundation.errors import LabError

Weights = Mapping[str, Tensor]


def is_rosinality(weights: Weights) -> bool:
    """Whether these are names of rosinality's stylegan2-pytorch."""
    return "conv1.conv.modulation.weight" in weights and "input.input" in weights


def is_ada(weights: Weights) -> bool:
    """Whether these are names of NVIDIA's stylegan2-ada-pytorch."""
    return "synthesis.b4.conv1.affine.weight" in weights


@complete
def of_rosinality(weights: Weights) -> StyleGAN2:
    """The generator of ``g_ema``. LabError where a layer is missing or of another shape."""
    stages = 1 + len({name.split(".")[1] for name in weights if name.startswith("to_rgbs.")})
    mapped = sorted({int(name.split(".")[1]) for name in weights if re.fullmatch(r"style\.\d+\.weight", name)})
    ours: dict[str, Tensor] = {"b4.const": found(weights, "input.input")[0]}
    for place, number in enumerate(mapped, start=1):
        ours |= mapped_of(weights, f"style.{number}", place)
    theirs = ["conv1", *(f"convs.{i}" for i in range(2 * (stages - 1)))]
    for number, name in enumerate(theirs):
        side = 4 * 2 ** ((number + 1) // 2)
        layer = f"b{side}.conv{(number + 1) % 2}"
        kernel = found(weights, f"{name}.conv.weight")[0]
        ours[f"{layer}.weight"] = kernel / sqrt(kernel[0].numel())
        ours |= affine_of(weights, f"{name}.conv.modulation", layer)
        ours[f"{layer}.bias"] = found(weights, f"{name}.activate.bias")
        ours[f"{layer}.strength"] = found(weights, f"{name}.noise.weight").reshape(())
        noise = weights.get(f"noises.noise_{number}")
        ours[f"{layer}.noise"] = torch.zeros(side, side) if noise is None else noise[0, 0].float()
    for stage in range(stages):
        name, layer = "to_rgb1" if stage == 0 else f"to_rgbs.{stage - 1}", f"rgb{4 * 2**stage}"
        kernel = found(weights, f"{name}.conv.weight")[0]
        ours[f"{layer}.weight"] = kernel / sqrt(kernel[0].numel())
        ours |= affine_of(weights, f"{name}.conv.modulation", layer)
        ours[f"{layer}.bias"] = found(weights, f"{name}.bias").flatten()
    return _built(ours, weights.get("latent_avg"), stages, len(mapped))


@complete
def of_ada(weights: Weights) -> StyleGAN2:
    """The generator of a state dict of ``G_ema``. LabError where a layer is missing, or labels are asked for."""
    ours, mapped = nvidia_mapping(weights, "StyleGAN2")
    if any(".skip." in name for name in weights):
        raise LabError("this StyleGAN2 adds residuals, and only the architecture with skipped images is opened here.")
    blocks = (re.fullmatch(r"synthesis\.b(\d+)\.conv1\.weight", name) for name in weights)
    sides = sorted(int(block[1]) for block in blocks if block)
    if sides != [4 * 2**stage for stage in range(len(sides))]:
        raise LabError(f"expected blocks of 4, 8, 16 and so on pixels, got {', '.join(map(str, sides))}: is it whole?")
    ours["b4.const"] = found(weights, "synthesis.b4.const")
    for side in sides:
        for conv in ("conv1",) if side == 4 else ("conv0", "conv1"):
            name, layer = f"synthesis.b{side}.{conv}", f"b{side}.{conv}"
            ours[f"{layer}.weight"] = found(weights, f"{name}.weight")
            ours |= affine_of(weights, f"{name}.affine", layer)
            ours[f"{layer}.bias"] = found(weights, f"{name}.bias")
            noise = weights.get(f"{name}.noise_const")
            ours[f"{layer}.noise"] = torch.zeros(side, side) if noise is None else noise.float()
            ours[f"{layer}.strength"] = weights.get(f"{name}.noise_strength", torch.zeros(())).float()
        name, layer = f"synthesis.b{side}.torgb", f"rgb{side}"
        kernel = found(weights, f"{name}.weight")
        ours[f"{layer}.weight"] = kernel / sqrt(kernel[0].numel())
        ours |= affine_of(weights, f"{name}.affine", layer)
        ours[f"{layer}.bias"] = found(weights, f"{name}.bias")
    return _built(ours, weights.get("mapping.w_avg"), len(sides), mapped)


def _built(ours: dict[str, Tensor], mean: Tensor | None, stages: int, mapped: int) -> StyleGAN2:
    channels = [len(ours[f"b{4 * 2**stage}.conv1.weight"]) for stage in range(stages)]
    style = ours["rgb4.affine.weight"].shape[1]
    latent = ours["mapping.1.weight"].shape[1] if mapped else style
    network = StyleGAN2(latent, style, mapped, channels, len(ours["rgb4.weight"]))
    fitted(network, {**ours, "mean_style": torch.zeros(style) if mean is None else mean.float().flatten()})
    if mean is None:
        network.find_mean_style()
    return network
