"""The progressive family: players that grow from 4x4 pixels to the size of the data. Karras et al. 2018, table 2.

Both always take or give images of full size; inside, they work at the side of their stage. A new stage fades in: with
alpha rising from 0 to 1, its image replaces the enlarged one of the stage before (figure 2). Fresh networks are fully
grown, so that any game can play with them; ``variants.progan`` makes them begin small.
"""

from __future__ import annotations

from collections import OrderedDict
from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from core_gans.foundation.errors import LabError
from core_gans.networks import heads
from core_gans.networks.architecture import Architecture, Normalisation
from core_gans.networks.equalised import RECTIFIED, EqualisedConv2d, EqualisedLinear
from core_gans.networks.growth import SMALLEST, Growth
from core_gans.networks.minibatch import MinibatchDeviation
from core_gans.networks.pixel_norm import PixelNorm

WIDEST = 512  # channels, at most, that come from ``width``
SLOPE = 0.2


class ProgressiveGenerator(nn.Module):
    """Latents (N, latent) to images (N, colours, S, S), S = 4, 8, ... by the number of ``channels``.

    ``block4``, ``block8``, ... are the blocks by the side of what they make, ``image4``, ``image8``, ... turn it into
    colours. Images are unbounded in training and kept in [-1, 1] in evaluation.
    """

    def __init__(self, latent: int, channels: tuple[int, ...], colours: int) -> None:
        super().__init__()
        self.growth = Growth(len(channels))
        self.add_module("block4", _first_block(latent, channels[0]))
        for stage, (inputs, outputs) in enumerate(pairwise(channels), start=1):
            self.add_module(f"block{side_of(stage)}", _rising_block(inputs, outputs))
        for stage, inputs in enumerate(channels):
            self.add_module(f"image{side_of(stage)}", EqualisedConv2d(inputs, colours, 1, gain=1))

    def forward(self, latents: Tensor) -> Tensor:
        maps, before = latents, latents
        stage, alpha = int(self.growth.stage), self.growth.alpha
        for each in range(stage + 1):
            maps, before = self.get_submodule(f"block{side_of(each)}")(maps), maps
        image: Tensor = self.get_submodule(f"image{side_of(stage)}")(maps)
        if stage and alpha < 1:
            image = enlarged(self.get_submodule(f"image{side_of(stage - 1)}")(before), 2).lerp(image, alpha)
        image = enlarged(image, 2 ** (self.growth.stages - 1 - stage))
        return image if self.training else image.clamp(-1, 1)


class ProgressiveFeatures(nn.Module):
    """Images (N, colours, S, S) to features (N, C, 4, 4), by as many blocks as the network has grown.

    ``colours4``, ``colours8``, ... turn the colours into features, ``block4``, ... halve the side to the number in
    their name.
    """

    def __init__(self, colours: int, channels: tuple[int, ...], normalisation: Normalisation) -> None:
        super().__init__()
        self.growth = Growth(len(channels))
        for stage, outputs in enumerate(channels[::-1]):
            entry = nn.Sequential(weighted(EqualisedConv2d(colours, outputs, 1), normalisation), nn.LeakyReLU(SLOPE))
            self.add_module(f"colours{side_of(stage)}", entry)
        for stage, (outputs, inputs) in enumerate(pairwise(channels[::-1])):
            self.add_module(f"block{side_of(stage)}", _falling_block(inputs, outputs, normalisation))

    def forward(self, images: Tensor) -> Tensor:
        stage, alpha = int(self.growth.stage), self.growth.alpha
        images = reduced(images, 2 ** (self.growth.stages - 1 - stage))
        maps: Tensor = self.get_submodule(f"colours{side_of(stage)}")(images)
        for each in reversed(range(stage)):
            maps = self.get_submodule(f"block{side_of(each)}")(maps)
            if each == stage - 1 and alpha < 1:
                maps = self.get_submodule(f"colours{side_of(each)}")(reduced(images, 2)).lerp(maps, alpha)
        return maps


def generator(architecture: Architecture) -> nn.Module:
    """Latents (N, latent) to images (N, C, S, S)."""
    colours, stages = _image(architecture)
    channels = _channels(architecture.channels, architecture.width, stages, "channels")
    return ProgressiveGenerator(architecture.latent, channels, colours)


def discriminator(architecture: Architecture) -> nn.Module:
    """Images (N, C, S, S) to scores (N,). Spectral normalisation takes the place of the equalised learning rate."""
    heads.refuse_minibatch_discrimination(architecture, "progressive")
    colours, stages = _image(architecture)
    normalisation = architecture.normalisation
    given = architecture.discriminator_channels[::-1]
    channels = _channels(given, architecture.width, stages, "discriminator channels")[::-1]  # from the image downwards
    last = channels[-1]
    features = EqualisedLinear(last * SMALLEST**2, last)
    score = EqualisedLinear(last, heads.outputs(architecture.head), gain=1)
    return nn.Sequential(
        OrderedDict(
            features=ProgressiveFeatures(colours, channels, normalisation),
            deviation=MinibatchDeviation(),
            last=nn.Sequential(*_convolved(last + 1, last, normalisation)),
            flatten=nn.Flatten(),
            dense=nn.Sequential(weighted(features, normalisation), nn.LeakyReLU(SLOPE)),
            score=weighted(score, normalisation),
            squeeze=heads.ending(architecture.head),
        )
    )


def side_of(stage: int) -> int:
    """The side in pixels of the images of ``stage``: 4, 8, 16, ..."""
    return SMALLEST << stage


def enlarged(maps: Tensor, factor: int) -> Tensor:
    """(N, C, H, W) with each pixel repeated ``factor`` times in both directions."""
    return F.interpolate(maps, scale_factor=factor, mode="nearest") if factor > 1 else maps


def reduced(maps: Tensor, factor: int) -> Tensor:
    """(N, C, H, W) with the means of squares of ``factor`` pixels a side."""
    return F.avg_pool2d(maps, factor) if factor > 1 else maps


def weighted(layer: EqualisedConv2d | EqualisedLinear, normalisation: Normalisation) -> nn.Module:
    """The equalised ``layer``, or under spectral normalisation a plain one of its shape with slopes of at most 1."""
    if normalisation != "spectral":
        return layer
    if isinstance(layer, EqualisedConv2d):
        side, _ = layer.kernel_size
        return spectral_norm(nn.Conv2d(layer.in_channels, layer.out_channels, side, padding=side // 2))
    return spectral_norm(nn.Linear(layer.in_features, layer.out_features))


def _first_block(latent: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        OrderedDict(
            latent_norm=PixelNorm(),
            # the authors' gain: 4 times smaller than He's, as if each of the 16 pixels had been a tap of a kernel
            dense=EqualisedLinear(latent, outputs * SMALLEST**2, gain=RECTIFIED / 4),
            maps=nn.Unflatten(1, (outputs, SMALLEST, SMALLEST)),
            rectifier1=nn.LeakyReLU(SLOPE),
            norm1=PixelNorm(),
            conv2=EqualisedConv2d(outputs, outputs, 3, padding=1),
            rectifier2=nn.LeakyReLU(SLOPE),
            norm2=PixelNorm(),
        )
    )


def _rising_block(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        OrderedDict(
            up=nn.Upsample(scale_factor=2),
            conv1=EqualisedConv2d(inputs, outputs, 3, padding=1),
            rectifier1=nn.LeakyReLU(SLOPE),
            norm1=PixelNorm(),
            conv2=EqualisedConv2d(outputs, outputs, 3, padding=1),
            rectifier2=nn.LeakyReLU(SLOPE),
            norm2=PixelNorm(),
        )
    )


def _falling_block(inputs: int, outputs: int, normalisation: Normalisation) -> nn.Sequential:
    first, second = _convolved(inputs, inputs, normalisation), _convolved(inputs, outputs, normalisation)
    return nn.Sequential(*first, *second, nn.AvgPool2d(2))


def _convolved(inputs: int, outputs: int, normalisation: Normalisation) -> list[nn.Module]:
    layers = [weighted(EqualisedConv2d(inputs, outputs, 3, padding=1), normalisation)]
    if normalisation == "batch":
        layers.append(nn.BatchNorm2d(outputs))
    elif normalisation == "instance":
        layers.append(nn.InstanceNorm2d(outputs, affine=True))
    return [*layers, nn.LeakyReLU(SLOPE)]


def _image(architecture: Architecture) -> tuple[int, int]:
    """Colours, and the number of stages."""
    shape = architecture.shape
    side = shape[-1]
    if len(shape) != 3 or shape[1] != side or side < SMALLEST or side & (side - 1):
        raise LabError(
            "the progressive family draws square images whose side is a power of two from 4 upwards; the data is of "
            f"shape {shape}: choose another size (--size) or the mlp family (--family mlp)."
        )
    return shape[0], side.bit_length() - 2


def _channels(given: tuple[int, ...], width: int, stages: int, name: str) -> tuple[int, ...]:
    """Channels from 4x4 upwards: ``given``, or ``width`` at full size and twice as many at each half, to 512."""
    if not given:
        return tuple(min(width << step, max(width, WIDEST)) for step in reversed(range(stages)))
    if len(given) != stages or min(given) < 1:
        raise LabError(f"{name} needs {stages} positive numbers at this size, got {given}.")
    return given
