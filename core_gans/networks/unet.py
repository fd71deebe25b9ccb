"""The U-Net of image translation: an encoder, a decoder, and a shortcut between layers of one size.

Isola et al. 2017, "Image-to-Image Translation with Conditional Adversarial Networks", section 3.2.1 and appendix 6.1.
Its noise is dropout, so that one source has many translations. Blocks are named after the side of the image they make.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import torch
from torch import Tensor, nn

from core_gans.foundation.errors import LabError
from core_gans.networks.dropout import Dropout

Norm = Literal["batch", "instance", "none"]

SLOPE = 0.2
WIDEST = 8  # times the first layer's channels
NOISY = 3  # innermost decoder blocks with dropout
_SEEDS = 2**62


class UNet(nn.Module):
    """Images (N, C, H, W) to images (N, C', H, W) in [-1, 1]; H and W are multiples of 2 ** ``levels``.

    ``levels`` halvings, each a 4x4 convolution of stride 2; the innermost has no normalisation, so that one pixel will
    do. LabError for images of other sides.
    """

    def __init__(
        self,
        colours: int,
        drawn: int,
        side: int,
        levels: int,
        width: int = 64,
        dropout: float = 0.5,
        norm: Norm = "batch",
    ) -> None:
        super().__init__()
        self.levels = levels
        channels = [width * min(2**level, WIDEST) for level in range(levels)]  # of each encoder block
        self.encoder, self.decoder = nn.ModuleDict(), nn.ModuleDict()
        inputs = colours
        for level, outputs in enumerate(channels):
            plain = level in (0, levels - 1)
            self.encoder[f"block{side >> (level + 1)}"] = nn.Sequential(
                *([nn.LeakyReLU(SLOPE)] if level else []),
                nn.Conv2d(inputs, outputs, 4, 2, 1, bias=plain or norm == "none"),
                *([] if plain else normalised(outputs, norm)),
            )
            inputs = outputs
        for level in reversed(range(levels)):
            innermost = level == levels - 1
            outputs = channels[level - 1] if level else drawn
            noisy = dropout > 0 and level and levels - level <= NOISY
            self.decoder[f"block{side >> level}"] = nn.Sequential(
                nn.ReLU(),
                nn.ConvTranspose2d(channels[level] * (1 if innermost else 2), outputs, 4, 2, 1),
                *(normalised(outputs, norm) if level else [nn.Tanh()]),
                *([Dropout(dropout)] if noisy else []),
            )
        initialise(self)

    def forward(self, images: Tensor) -> Tensor:
        require_multiples(images, 2**self.levels)
        codes: list[Tensor] = []
        for block in self.encoder.values():
            codes.append(block(codes[-1] if codes else images))
        drawn: Tensor = codes.pop()
        for block in self.decoder.values():
            drawn = block(drawn)
            if codes:
                drawn = torch.cat((drawn, codes.pop()), dim=1)
        return drawn


@contextmanager
def noise(network: nn.Module, rng: torch.Generator | None) -> Iterator[None]:
    """Let the dropout of ``network`` drop although it is in evaluation mode, with chances drawn from ``rng``.

    Without an ``rng``, nothing is dropped. Leaving the block puts everything back.
    """
    layers = [module for module in network.modules() if isinstance(module, Dropout)] if rng is not None else []
    before = [(layer.training, layer.seed.clone(), layer.draws.clone()) for layer in layers]
    try:
        for layer in layers:
            assert rng is not None
            layer.training = True
            layer.seed.copy_(torch.randint(_SEEDS, (), generator=rng, device=rng.device))
            layer.draws.zero_()
        yield
    finally:
        for layer, (training, seed, draws) in zip(layers, before, strict=True):
            layer.training = training
            layer.seed.copy_(seed)
            layer.draws.copy_(draws)


def normalised(channels: int, norm: Norm) -> list[nn.Module]:
    """The normalisation of ``channels`` called ``norm``, as the layers that make it: one or none."""
    if norm == "none":
        return []
    return [nn.BatchNorm2d(channels) if norm == "batch" else nn.InstanceNorm2d(channels, affine=True)]


def initialise(network: nn.Module) -> None:
    """Weights from N(0, 0.02), of normalisations from N(1, 0.02), biases 0 (appendix 6.2), where there is a
    normalisation that makes the signal large again; torch's own where there is none.
    """
    kinds = (nn.BatchNorm2d, nn.InstanceNorm2d)
    if not any(isinstance(module, kinds) for module in network.modules()):
        return
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.BatchNorm2d | nn.InstanceNorm2d):
            nn.init.normal_(module.weight, 1.0 if isinstance(module, kinds) else 0.0, 0.02)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def require_multiples(images: Tensor, of: int) -> None:
    """LabError unless both sides of ``images`` (N, C, H, W) are multiples of ``of``."""
    height, width = images.shape[2:]
    if height % of or width % of:
        raise LabError(
            f"expected images whose sides are multiples of {of}, got {width}x{height}: resize them, or choose fewer "
            "levels."
        )
