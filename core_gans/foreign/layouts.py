"""How others name the weights of a progressive generator, and by what they scale them.

Two layouts are published widely: that of gandissect (Bau et al. 2019), converted from the authors' own networks, with
``layer1.conv.weight`` and ``layer1.wscale.b``, or ``features.0.conv.weight`` in older files; and that of the GAN zoo of
PyTorch (pytorch_GAN_zoo), with ``formatLayer``, ``groupScale0``, ``scaleLayers`` and ``toRGBLayers``. Both become the
weights with which ``ProgressiveGenerator`` computes the same: where their constant in use is another than ours, the
weights take up the difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import sqrt

from torch import Tensor

from core_gans.foreign.weights import complete, found
from core_gans.foundation.errors import LabError
from core_gans.networks.progressive import side_of

Weights = Mapping[str, Tensor]


def ours(weights: Weights) -> dict[str, Tensor]:
    """``weights`` of either layout under the names of ``ProgressiveGenerator``; a LabError where it is neither."""
    if "layer1.conv.weight" in weights:
        return of_gandissect(weights)
    if "features.0.conv.weight" in weights:
        return of_gandissect(_renamed(weights))
    if any(name.startswith("formatLayer.") for name in weights):
        return of_the_zoo({name.replace(".module.", "."): value for name, value in weights.items()})
    raise LabError(
        "expected the weights of a progressive generator, as gandissect (layer1.conv.weight) or pytorch_GAN_zoo "
        f"(formatLayer.weight) name them, got {', '.join(list(weights)[:4]) or 'none'}."
    )


@complete
def of_gandissect(weights: Weights) -> dict[str, Tensor]:
    """From gandissect's layout. LabError where a layer is missing, or weights are left over."""
    return dict(_of_gandissect(weights))


@complete
def of_the_zoo(weights: Weights) -> dict[str, Tensor]:
    """From that of pytorch_GAN_zoo. LabError where a layer is missing, or weights are left over."""
    return dict(_of_the_zoo(weights))


def _of_gandissect(weights: Weights) -> Iterator[tuple[str, Tensor]]:
    """Convolutions without bias, then scale and bias. Only the image of full size is there."""
    layers = sum(re.fullmatch(r"layer\d+\.conv\.weight", name) is not None for name in weights)
    outputs = [name.split(".")[0] for name in weights if re.fullmatch(r"output_\w+\.conv\.weight", name)]
    if layers % 2 or len(outputs) != 1:
        raise LabError(f"expected an even number of layers and one output, got {layers} layers and {len(outputs)}.")
    for layer in range(1, layers + 1):
        kernel = found(weights, f"layer{layer}.conv.weight")
        bias = found(weights, f"layer{layer}.wscale.b")
        if layer == 1:  # a convolution of one pixel, padded by 3: each place of the 4x4 image meets one tap
            yield "block4.dense.weight", kernel.flip(2, 3).permute(0, 2, 3, 1).flatten(0, 2)
            yield "block4.dense.bias", bias.repeat_interleave(kernel.shape[2] * kernel.shape[3])
        else:
            block, place = side_of((layer - 1) // 2), 1 + (layer - 1) % 2
            yield f"block{block}.conv{place}.weight", kernel
            yield f"block{block}.conv{place}.bias", bias
    image = f"image{side_of(layers // 2 - 1)}"
    yield f"{image}.weight", found(weights, f"{outputs[0]}.conv.weight")
    yield f"{image}.bias", found(weights, f"{outputs[0]}.wscale.b")


def _renamed(weights: Weights) -> dict[str, Tensor]:
    """The older names of gandissect's layout under the newer ones."""
    found = {}
    for name, value in weights.items():
        head, place, rest = [*name.split(".", 2), "", ""][:3]
        if head == "features":
            found[f"layer{int(place) + 1}.{rest}"] = value
        else:
            found[name.replace("output.", "output_image.", 1)] = value
    return found


def _of_the_zoo(weights: Weights) -> Iterator[tuple[str, Tensor]]:
    """Layers of PyTorch with their bias, and the scale behind them: it multiplies the bias, too."""
    yield from _scaled("block4.dense", weights, "formatLayer", gain=4.0)  # ours is the authors', 4 times smaller
    yield from _scaled("block4.conv2", weights, "groupScale0.0")
    stages = 1 + len({name.split(".")[1] for name in weights if name.startswith("scaleLayers.")})
    for stage in range(1, stages):
        for place in (1, 2):
            yield from _scaled(f"block{side_of(stage)}.conv{place}", weights, f"scaleLayers.{stage - 1}.{place - 1}")
    for stage in range(stages):
        yield from _scaled(f"image{side_of(stage)}", weights, f"toRGBLayers.{stage}", gain=sqrt(2))


def _scaled(name: str, weights: Weights, theirs: str, gain: float = 1.0) -> Iterator[tuple[str, Tensor]]:
    """Weight and bias of the layer ``theirs``; ``gain`` is by how much their constant in use is larger than ours."""
    weight, bias = found(weights, f"{theirs}.weight"), found(weights, f"{theirs}.bias")
    yield f"{name}.weight", weight * gain
    yield f"{name}.bias", bias * sqrt(2 / weight[0].numel())
