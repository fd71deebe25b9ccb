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
