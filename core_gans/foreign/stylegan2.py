"""StyleGAN2 (Karras et al. 2020), in which others' weights are opened. Every constant is multiplied into the weights.

    styles of each layer (N, L, D) -> b4, b8, ... -> sum of their images

``b8.conv0`` enlarges, ``b8.conv1`` follows, ``rgb8`` draws; ``b8.conv1.affine`` makes the style channels (N, C) that
scale what the convolution takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core_gans.foreign.styles import GAIN, SMALL, StyleGenerator

Noise = Literal["const", "none"]


class StyleGAN2(StyleGenerator):
    """Images of 3 colours, or of as many as ``colours`` says.

    ``noise`` is each layer's own fixed picture of noise, or none: a study needs equal pictures at equal latents.
    """

    def __init__(self, latent: int, style: int, mapped: int, channels: Sequence[int], colours: int = 3) -> None:
        super().__init__(latent, style, mapped)
        self.sides = [4 * 2**i for i in range(len(channels))]
        for side, before, after in zip(self.sides, [0, *channels], channels, strict=False):
            self.add_module(f"b{side}", Block(before, after, style, side))
            self.add_module(f"rgb{side}", Styled(after, colours, style, side, kernel=1, draws=True))

    @property
    def layers(self) -> int:
        """How many styles a picture takes: one for each convolution, and one for the last image."""
        return 2 * len(self.sides)

    def draw(self, styles: Tensor) -> Tensor:
        """The images of styles of each layer (N, L, D)."""
        features, image, at = None, None, 0
        for side in self.sides:
            block = self.get_submodule(f"b{side}")
            features = block(features, styles[:, at : at + 2])
            at += 1 if side == 4 else 2
            drawn = self.get_submodule(f"rgb{side}")(features, styles[:, at])
            image = drawn if image is None else enlarged(image) + drawn
        assert image is not None
        return image

    def set_noise(self, noise: Noise) -> None:
        """Draw with the layers' fixed noise, or without any."""
        for module in self.modules():
            if isinstance(module, Styled):
                module.noisy = noise == "const"


class Block(nn.Module):
    """Maps (N, C, S, S) of one side, from those of half of it; the first begins with a constant."""

    def __init__(self, before: int, after: int, style: int, side: int) -> None:
        super().__init__()
        self.conv0: Styled | None = None
        if before:
            self.conv0 = Styled(before, after, style, side, enlarges=True)
        else:
            self.const = nn.Parameter(torch.zeros(after, side, side))
        self.conv1 = Styled(after, after, style, side)

    def forward(self, x: Tensor | None, styles: Tensor) -> Tensor:
        if self.conv0 is None or x is None:
            first = self.const.expand(len(styles), *self.const.shape)
        else:
            first = self.conv0(x, styles[:, 0])
        found: Tensor = self.conv1(first, styles[:, 0 if self.conv0 is None else 1])
        return found


class Styled(nn.Module):
    """A convolution whose inputs are scaled by style channels; scaling outputs back keeps their variance.

    That is the same as scaling the weights of each image apart, and one convolution for all images.
    """

    noise: Tensor

    def __init__(
        self,
        before: int,
        after: int,
        style: int,
        side: int,
        kernel: int = 3,
        enlarges: bool = False,
        draws: bool = False,
    ) -> None:
        super().__init__()
        self.enlarges, self.draws, self.noisy = enlarges, draws, True
        self.weight = nn.Parameter(torch.zeros(after, before, kernel, kernel))
        self.affine = nn.Linear(style, before)
        self.bias = nn.Parameter(torch.zeros(after))
        if not draws:
            self.register_buffer("noise", torch.zeros(side, side))
            self.strength = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        channels = self.affine(style)  # (N, before)
        x = x * channels[:, :, None, None]
        if self.enlarges:
            x = blurred(F.conv_transpose2d(x, self.weight.transpose(0, 1), stride=2))
        else:
            x = F.conv2d(x, self.weight, padding=self.weight.shape[2] // 2)
        if self.draws:
            return x + self.bias[:, None, None]
        energy = channels.square() @ self.weight.square().sum((2, 3)).T  # (N, after)
        x = x * (energy + SMALL).rsqrt()[:, :, None, None]
        if self.noisy:
            x = x + self.strength * self.noise
        return F.leaky_relu(x + self.bias[:, None, None], 0.2) * GAIN


def enlarged(images: Tensor) -> Tensor:
    """Twice as large, by [1, 3, 3, 1] taps."""
    return F.conv_transpose2d(images, _taps(images), stride=2, padding=1, groups=images.shape[1])


def blurred(x: Tensor) -> Tensor:
    """What a transposed convolution of stride 2 gives (2S + 1), smoothed by [1, 3, 3, 1] taps to 2S."""
    return F.conv2d(x, _taps(x), padding=1, groups=x.shape[1])


def _taps(like: Tensor) -> Tensor:
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0], device=like.device, dtype=like.dtype)
    kernel = taps[:, None] * taps[None] / 16  # of 64, times 4 for the zeros in between
    return kernel.expand(like.shape[1], 1, 4, 4)
