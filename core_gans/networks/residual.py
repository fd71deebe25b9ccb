"""The residual translator: halvings, blocks that add what is to change, as many doublings. Johnson et al. 2016, as Zhu
et al. 2017 (appendix 7.2) use it in CycleGAN and Choi et al. 2018 in StarGAN.
"""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn

from core_gans.networks.unet import Norm, initialise, normalised, require_multiples


class ResidualTranslator(nn.Module):
    """Images (N, C, H, W) to images (N, C', H, W) in [-1, 1]; H and W are multiples of 2 ** ``halvings``.

    In the papers' words, with their two halvings: c7s1-w, d2w, d4w, ``blocks`` times R4w, u2w, uw, c7s1-C'.
    Where it is ``told`` something, that many constant planes follow the image's channels, and the first layer has no
    normalisation. ``kernel`` is the side of those that halve and double, 3 or 4. LabError for images of other sides.
    """

    def __init__(
        self,
        colours: int,
        drawn: int,
        width: int = 64,
        blocks: int = 9,
        halvings: int = 2,
        norm: Norm = "instance",
        told: int = 0,
        kernel: int = 3,
    ) -> None:
        super().__init__()
        self.halvings = halvings
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        # Instance normalisation would take out again what a constant plane adds.
        first = normalised(width, "none" if told else norm)
        layers["first"] = nn.Sequential(*_convolution(colours + told, width, 7), *first, nn.ReLU())
        for step in range(halvings):
            inputs, outputs = width << step, width << (step + 1)
            halve = nn.Conv2d(inputs, outputs, kernel, stride=2, padding=1)
            layers[f"down{step + 1}"] = nn.Sequential(halve, *normalised(outputs, norm), nn.ReLU())
        for number in range(blocks):
            layers[f"residual{number + 1}"] = _Residual(width << halvings, norm)
        for step in reversed(range(halvings)):
            inputs, outputs = width << (step + 1), width << step
            double = nn.ConvTranspose2d(inputs, outputs, kernel, stride=2, padding=1, output_padding=kernel % 2)
            layers[f"up{halvings - step}"] = nn.Sequential(double, *normalised(outputs, norm), nn.ReLU())
        layers["image"] = nn.Sequential(*_convolution(width, drawn, 7), nn.Tanh())
        self.layers = nn.Sequential(layers)
        initialise(self)

    def forward(self, images: Tensor) -> Tensor:
        require_multiples(images, 2**self.halvings)
        drawn: Tensor = self.layers(images)
        return drawn


class Added(nn.Module):
    """Images with what ``network`` makes of them added, a grey one to each colour; in [-1, 1]."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        drawn: Tensor = images + self.network(images)
        return drawn.clamp(-1, 1)


class _Residual(nn.Module):
    def __init__(self, channels: int, norm: Norm) -> None:
        super().__init__()
        self.change = nn.Sequential(
            *_convolution(channels, channels, 3),
            *normalised(channels, norm),
            nn.ReLU(),
            *_convolution(channels, channels, 3),
            *normalised(channels, norm),
        )

    def forward(self, x: Tensor) -> Tensor:
        changed: Tensor = x + self.change(x)
        return changed


def _convolution(inputs: int, outputs: int, kernel: int) -> list[nn.Module]:
    """A convolution that keeps the sides, on an image mirrored at its edges."""
    return [nn.ReflectionPad2d(kernel // 2), nn.Conv2d(inputs, outputs, kernel)]
