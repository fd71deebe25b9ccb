"""Films of a moving foreground before a still background, and their discriminator. Vondrick et al. 2016, section 3.

``m F + (1 - m) B``: a foreground F (N, C, T, H, W) and a mask m (N, 1, T, H, W) in [0, 1] from 3-D transposed
convolutions that share all but their last layer, and a background B (N, C, 1, H, W), a still picture, from 2-D ones.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import NamedTuple

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from core_gans.foundation.errors import LabError
from core_gans.networks.architecture import Normalisation
from core_gans.networks.blocks import doubled
from core_gans.networks.mlp import SLOPE

WIDEST = 8  # times the width, at the smallest maps
NORMS: dict[str, Callable[[int], nn.Module]] = {
    "batch": nn.BatchNorm3d,
    "instance": partial(nn.InstanceNorm3d, affine=True),
}


class Growth(NamedTuple):
    """How films of ``frames`` frames and a ``height`` and ``width`` in pixels grow from a small block by doubling."""

    block: tuple[int, int, int]
    """Frames, height and width of the smallest maps."""
    strides: tuple[tuple[int, int, int], ...]
    """Of each doubling; the first ones double the frames, too, as often as their number allows."""


def growth(shape: tuple[int, ...]) -> Growth:
    """The growth of films of ``shape`` (C, T, H, W). LabError for other shapes, and sides that ``doubled`` refuses."""
    if len(shape) != 4:
        raise LabError(f"films are drawn as clips (C, T, H, W), and the data are of shape {tuple(shape)}.")
    colours, frames, height, width = shape
    picture = doubled((colours, height, width), "dcgan")
    halvings = min((frames & -frames).bit_length() - 1, picture.steps)
    strides = tuple((2 if step < halvings else 1, 2, 2) for step in range(picture.steps))
    return Growth((frames >> halvings, *picture.block), strides)


class FilmGenerator(nn.Module):
    """Latents (N, latent) to films (N, C, T, H, W) in [-1, 1]; with ``still`` in two streams, else in one."""

    def __init__(self, shape: tuple[int, ...], latent: int, width: int, still: bool = True) -> None:
        super().__init__()
        grown, colours = growth(shape), shape[0]
        channels = _channels(width, len(grown.strides))
        layers: list[nn.Module] = [nn.Unflatten(1, (latent, 1, 1, 1))]
        layers += [nn.ConvTranspose3d(latent, channels[0], grown.block, bias=False), nn.BatchNorm3d(channels[0])]
        for (inputs, outputs), stride in zip(pairwise(channels), grown.strides, strict=False):
            layers += [nn.ReLU(), _doubling(inputs, outputs, stride, bias=False), nn.BatchNorm3d(outputs)]
        self.moving = nn.Sequential(*layers, nn.ReLU())
        self.foreground = nn.Sequential(_doubling(channels[-1], colours, grown.strides[-1]), nn.Tanh())
        self.still = still
        if still:
            self.mask = nn.Sequential(_doubling(channels[-1], 1, grown.strides[-1]), nn.Sigmoid())
            self.background = _background(colours, grown, latent, channels)
        _initialise(self)

    def forward(self, latents: Tensor) -> Tensor:
        if not self.still:
            foreground: Tensor = self.foreground(self.moving(latents))
            return foreground
        return composed(*self.streams(latents))

    def streams(self, latents: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Foreground (N, C, T, H, W), mask (N, 1, T, H, W) and background (N, C, 1, H, W) of the two-stream kind."""
        moving = self.moving(latents)
        return self.foreground(moving), self.mask(moving), self.background(latents).unsqueeze(2)


def composed(foreground: Tensor, mask: Tensor, background: Tensor) -> Tensor:
    """``m F + (1 - m) B`` (equation 2): where the mask is 0, every frame is the background to the bit."""
    return mask * foreground + (1 - mask) * background


class FilmDiscriminator(nn.Module):
    """Films (N, C, T, H, W) to scores (N,), by 3-D convolutions of stride 2 down to the smallest block."""

    def __init__(self, shape: tuple[int, ...], width: int, normalisation: Normalisation = "batch") -> None:
        super().__init__()
        grown, colours = growth(shape), shape[0]
        channels = _channels(width, len(grown.strides))[::-1]
        spectral = normalisation == "spectral"
        layers: list[nn.Module] = []
        for step, ((inputs, outputs), stride) in enumerate(
            zip(pairwise((colours, *channels)), grown.strides[::-1], strict=True)
        ):
            norm = NORMS.get(normalisation) if step else None
            convolution = nn.Conv3d(inputs, outputs, _kernel(stride), stride, padding=1, bias=norm is None)
            layers.append(spectral_norm(convolution) if spectral else convolution)
            layers += [norm(outputs)] if norm is not None else []
            layers.append(nn.LeakyReLU(SLOPE))
        score = nn.Conv3d(channels[-1], 1, grown.block)
        self.net = nn.Sequential(*layers, spectral_norm(score) if spectral else score, nn.Flatten(0))
        _initialise(self)

    def forward(self, films: Tensor) -> Tensor:
        scores: Tensor = self.net(films)
        return scores


def _channels(width: int, steps: int) -> tuple[int, ...]:
    """Channels of the maps before each doubling, from the smallest maps upwards."""
    return tuple(width * min(2 ** (steps - 1 - step), WIDEST) for step in range(steps))


def _kernel(stride: tuple[int, int, int]) -> tuple[int, int, int]:
    """Of 4 where it doubles, and of 3 where frames stay as many as they are."""
    return (4 if stride[0] == 2 else 3, 4, 4)


def _doubling(inputs: int, outputs: int, stride: tuple[int, int, int], bias: bool = True) -> nn.ConvTranspose3d:
    return nn.ConvTranspose3d(inputs, outputs, _kernel(stride), stride, padding=1, bias=bias)


def _background(colours: int, grown: Growth, latent: int, channels: tuple[int, ...]) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Unflatten(1, (latent, 1, 1))]
    layers += [nn.ConvTranspose2d(latent, channels[0], grown.block[1:], bias=False), nn.BatchNorm2d(channels[0])]
    for inputs, outputs in pairwise(channels):
        layers += [nn.ReLU(), nn.ConvTranspose2d(inputs, outputs, 4, 2, padding=1, bias=False), nn.BatchNorm2d(outputs)]
    last = nn.ConvTranspose2d(channels[-1], colours, 4, 2, padding=1)
    return nn.Sequential(*layers, nn.ReLU(), last, nn.Tanh())


def _initialise(network: nn.Module) -> None:
    """N(0, 0.01) for convolutions (section 3.3), N(1, 0.02) for the scales of batch normalisation as in DCGAN."""
    for name, parameter in network.named_parameters():
        if parameter.dim() > 1:
            # Spectral normalisation divides by the norm, and starts its power iteration from the default weights.
            if "parametrizations" not in name:
                nn.init.normal_(parameter, 0.0, 0.01)
        elif name.endswith("weight"):
            nn.init.normal_(parameter, 1.0, 0.02)
        else:
            nn.init.zeros_(parameter)
