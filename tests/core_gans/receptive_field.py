"""The receptive field of a network, from its convolutions: what tests compare a gradient's reach and papers with."""

from __future__ import annotations

from torch import nn


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
