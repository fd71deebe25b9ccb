"""PatchGAN: a discriminator that scores every patch of an image on its own. Isola et al. 2017, section 3.2.2."""

from __future__ import annotations

from collections import OrderedDict

from torch import nn

from core_gans.foundation.errors import LabError
from core_gans.networks.unet import SLOPE, WIDEST, Norm, initialise, normalised


def patch(colours: int, side: int, width: int = 64, layers: int = 3, norm: Norm = "batch") -> nn.Sequential:
    """Images (N, colours, H, W) to scores (N, 1, h, w), one for each patch.

    ``layers`` 4x4 convolutions of stride 2 and two of stride 1; 3 of them see patches of 70 pixels, as the paper's.
    LabError where images of ``side`` pixels leave no patch.
    """
    if layers < 1 or side >> layers < 3:
        most = max(1, (side // 3).bit_length() - 1)
        raise LabError(f"expected 1 to {most} patch layers for images of {side} pixels, got {layers}.")
    channels = [width * min(2**layer, WIDEST) for layer in range(layers + 1)]
    blocks: OrderedDict[str, nn.Module] = OrderedDict()
    inputs = colours
    for layer, outputs in enumerate(channels):
        blocks[f"block{layer + 1}"] = nn.Sequential(
            nn.Conv2d(
                inputs, outputs, 4, stride=2 if layer < layers else 1, padding=1, bias=not layer or norm == "none"
            ),
            *(normalised(outputs, norm) if layer else []),
            nn.LeakyReLU(SLOPE),
        )
        inputs = outputs
    blocks["score"] = nn.Conv2d(inputs, 1, 4, padding=1)
    network = nn.Sequential(blocks)
    initialise(network)
    return network


def receptive_field(network: nn.Module) -> int:
    """The side in pixels of the patch on which one output of ``network`` depends, from its convolutions.

    They are taken one behind the other, in the order of ``network.modules()``: r_(l-1) = stride (r_l - 1) + reach, with
    reach = dilation (kernel - 1) + 1. ValueError for a network without convolutions, or with one that is not square.
    """
    convolutions = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    if not convolutions:
        raise ValueError(f"expected a network of convolutions, got {type(network).__name__} without any.")
    field = 1
    for layer in reversed(convolutions):
        if any(len(set(numbers)) > 1 for numbers in (layer.kernel_size, layer.stride, layer.dilation)):
            raise ValueError(f"expected square convolutions, got {layer}.")
        reach = layer.dilation[0] * (layer.kernel_size[0] - 1) + 1
        field = layer.stride[0] * (field - 1) + reach
    return field
