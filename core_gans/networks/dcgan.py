"""The DCGAN family: strided convolutions, no pooling, no hidden fully connected layers. Radford et al. 2016.

Serves squares and rectangles that a small block of maps grows to by doubling (``blocks``): of 4x4 for 16, 32, 64, 128
and 256 pixels a side. The generator's blocks are named after the shorter side of what they make (``block4``,
``block8``, ...), which is how dissection speaks of layers.
"""

from __future__ import annotations

from collections import OrderedDict
from itertools import pairwise

from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from core_gans.networks import heads
from core_gans.networks.architecture import Architecture, GeneratorNormalisation, Normalisation, Upsampling
from core_gans.networks.blocks import Doubled, doubled
from core_gans.networks.mlp import SLOPE
from core_gans.networks.resize_conv import ResizeConv2d
from core_gans.techniques.virtual_batch_norm import VirtualBatchNorm

WIDEST = 4  # doublings of ``width`` towards the smallest maps, as 128 pixels have; more would fill the memory


def generator(architecture: Architecture) -> nn.Module:
    """Latents (N, latent) to images (N, C, H, W) in [-1, 1].

    ``transpose`` upsampling is the paper's; ``resize`` (resize and convolve) draws no checkerboard and ends in a
    3x3 convolution at full size.
    """
    image, colours = doubled(architecture.shape, "dcgan"), architecture.shape[0]
    resize = architecture.upsampling == "resize"
    channels = _channels(architecture.channels, architecture.width, image.steps, resize, name="channels")
    normalisation = architecture.generator_normalisation
    normalised = normalisation != "none"
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    layers[f"block{image.side(0)}"] = nn.Sequential(
        nn.Unflatten(1, (architecture.latent, 1, 1)),
        nn.ConvTranspose2d(architecture.latent, channels[0], image.block, bias=not normalised),
        *_rectified(channels[0], normalisation),
    )
    for step, (inputs, outputs) in enumerate(pairwise(channels), start=1):
        layers[f"block{image.side(step)}"] = nn.Sequential(
            _double(inputs, outputs, architecture.upsampling, bias=not normalised), *_rectified(outputs, normalisation)
        )
    if resize:
        layers["image"] = nn.Conv2d(channels[-1], colours, 3, padding=1)
    else:
        layers["image"] = nn.ConvTranspose2d(channels[-1], colours, 4, stride=2, padding=1)
    layers["tanh"] = nn.Tanh()
    network = nn.Sequential(layers)
    # The paper's small weights rely on batch normalisation to make the signal large again.
    return _initialise(network) if normalised else network


def discriminator(architecture: Architecture) -> nn.Module:
    """Images (N, C, H, W) to scores (N,)."""
    layers, channels, image = strided_blocks(architecture)
    if architecture.minibatch_discrimination:
        layers["flatten"] = nn.Flatten()
        layers |= heads.scoring(architecture, channels * image.cells)
    else:
        score: nn.Module = nn.Conv2d(channels, heads.outputs(architecture.head), image.block)
        layers["score"] = spectral_norm(score) if architecture.normalisation == "spectral" else score
    layers["squeeze"] = heads.ending(architecture.head)
    return _initialise(nn.Sequential(layers))


def strided_blocks(architecture: Architecture) -> tuple[OrderedDict[str, nn.Module], int, Doubled]:
    """The discriminator's convolutions from images (N, C, H, W) down to the smallest block of maps, 4x4 of squares
    whose side is a power of two; how many channels that has, and its size.
    """
    image, colours = doubled(architecture.shape, "dcgan"), architecture.shape[0]
    channels = _channels(
        architecture.discriminator_channels, architecture.width, image.steps, rising=True, name="discriminator channels"
    )
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for step, (inputs, outputs) in enumerate(zip((colours, *channels), channels, strict=False)):
        layers[f"block{image.side(image.steps - step - 1)}"] = nn.Sequential(
            *_strided(
                inputs,
                outputs,
                "none" if step == 0 and architecture.normalisation != "spectral" else architecture.normalisation,
            ),
            nn.LeakyReLU(SLOPE),
        )
    return layers, channels[-1], image


def _channels(
    given: tuple[int, ...], width: int, steps: int, resize: bool = False, *, name: str, rising: bool = False
) -> tuple[int, ...]:
    """Channels of each block: ``given``, or ``width`` at the widest maps and twice as many at each half."""
    blocks = steps + resize
    if not given:
        given = tuple(width << min(step, WIDEST + resize) for step in range(blocks))
        return given if rising else given[::-1]
    if len(given) != blocks or min(given) < 1:
        raise ValueError(f"{name} needs {blocks} positive numbers at this size, got {given}.")
    return given


def _double(inputs: int, outputs: int, upsampling: Upsampling, bias: bool) -> nn.Module:
    if upsampling == "resize":
        return ResizeConv2d(inputs, outputs, bias=bias)
    return nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1, bias=bias)


def _rectified(channels: int, normalisation: GeneratorNormalisation) -> list[nn.Module]:
    if normalisation == "none":
        return [nn.ReLU()]
    return [nn.BatchNorm2d(channels) if normalisation == "batch" else VirtualBatchNorm(channels), nn.ReLU()]


def _strided(inputs: int, outputs: int, normalisation: Normalisation) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, 4, stride=2, padding=1, bias=normalisation in ("none", "spectral"))
    if normalisation == "batch":
        return [convolution, nn.BatchNorm2d(outputs)]
    if normalisation == "instance":
        return [convolution, nn.InstanceNorm2d(outputs, affine=True)]
    return [spectral_norm(convolution) if normalisation == "spectral" else convolution]


def _initialise(network: nn.Sequential) -> nn.Sequential:
    """N(0, 0.02) for convolutions, N(1, 0.02) for the scales of batch normalisation, as in the paper."""
    for name, parameter in network.named_parameters():
        if parameter.dim() > 1:
            # Spectral normalisation divides by the norm, and starts its power iteration from the default weights.
            if "parametrizations" not in name:
                nn.init.normal_(parameter, 0.0, 0.02)
        elif name.endswith("weight"):
            nn.init.normal_(parameter, 1.0, 0.02)
        else:
            nn.init.zeros_(parameter)
    return network
