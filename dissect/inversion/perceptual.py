"""How unlike two pictures are in the eyes of a network: the distance of its features (Zhang et al. 2018, LPIPS).

Without the weights of a classifier of photographs, the eyes are those at hand: a segmenter's, or a discriminator's.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dissect.generators import check_layers, default_layers
from dissect.hooks import at_rest, record
from dissect.segmenters.protocol import Segmenter
from dissect.segmenters.unet import UNetSegmenter


class Perceptual:
    """Features of ``network``, a module that reads images (N, C, H, W) in [-1, 1] and whose layers put out maps."""

    def __init__(self, network: nn.Module, example: Tensor, layers: Sequence[str] = ()) -> None:
        """Look at ``layers``; by default at all that are worth a look (``generators.default_layers``).

        ``example`` is an image (1, C, H, W) as the network reads it. Raises ValueError where it has no such layers.
        """
        if layers:
            check_layers(network, example, layers)
        self.network, self.layers = network, tuple(layers or default_layers(network, example))
        if not self.layers:
            raise ValueError("the network has no layer that puts out maps: leave the perceptual loss out")

    def features(self, images: Tensor) -> list[Tensor]:
        """For each layer (N, U, h, w), of length 1 at every place, as far as its units answer; differentiable."""
        with at_rest(self.network), torch.enable_grad(), record(self.network, self.layers) as seen:
            self.network(images)
            return [F.normalize(seen[layer].float(), dim=1) for layer in self.layers]


def distance(ones: Sequence[Tensor], others: Sequence[Tensor]) -> Tensor:
    """(N,): the mean over layers and places of the squared distance of features (N or 1, U, h, w), 0 to 4."""
    parts = [(one - other).square().sum(1).mean((1, 2)) for one, other in zip(ones, others, strict=True)]
    return torch.stack(parts).mean(0)


def eyes_of(segmenter: Segmenter | None, example: Tensor) -> Perceptual | None:
    """The features of a U-Net segmenter from its second scale on; None where there is no U-Net that reads such images.

    ``example`` is an image (1, C, H, W), on the device to compute on. ValueError for a network without maps.
    """
    if not isinstance(segmenter, UNetSegmenter) or example.shape[1] != 3:
        return None
    net = segmenter.net.to(example.device)
    down = [f"down.{place}" for place in range(1, len(net.down) - 1)]  # the last is seen through the first way up
    return Perceptual(net, example, [*down, *(f"up.{place}" for place in range(len(net.up)))])
