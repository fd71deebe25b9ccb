"""DCGAN (Radford et al. 2016) in the layout of PyTorch's examples: ``main.0.weight``, ``main.1.running_mean``, ..."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from core_gans.foreign.weights import complete, fitted, found
from core_gans.foundation.errors import LabError

Weights = Mapping[str, Tensor]


class TransposedGenerator(nn.Module):
    """Images (N, C, S, S) in [-1, 1] from normal latents (N, Z, 1, 1)."""

    def __init__(self, channels: list[int], kernels: list[int]) -> None:
        super().__init__()
        self.latent = channels[0]
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        count = len(kernels)
        for place, (before, after, kernel) in enumerate(zip(channels, channels[1:], kernels, strict=False)):
            stride, padding = (1, 0) if place == 0 else (2, (kernel - 2) // 2)
            layers[f"conv{place}"] = nn.ConvTranspose2d(before, after, kernel, stride, padding, bias=False)
            if place < count - 1:
                layers[f"norm{place}"] = nn.BatchNorm2d(after)
                layers[f"relu{place}"] = nn.ReLU()
        layers["tanh"] = nn.Tanh()
        self.main = nn.Sequential(layers)

    def forward(self, latents: Tensor) -> Tensor:
        images: Tensor = self.main(latents.view(len(latents), -1, 1, 1))
        return images

    def latents(self, count: int, rng: torch.Generator) -> Tensor:
        """Normal latents (count, Z, 1, 1)."""
        return torch.randn(count, self.latent, 1, 1, generator=rng, device=rng.device)


def is_example(weights: Weights) -> bool:
    """Whether these are names of the generator in PyTorch's DCGAN example."""
    return "main.0.weight" in weights and weights["main.0.weight"].ndim == 4 and "main.1.running_mean" in weights


@complete
def of_example(weights: Weights) -> TransposedGenerator:
    """The generator, of any width and number of layers. LabError where a layer is missing or of another shape."""
    convs = sorted(
        int(match[1])
        for name, value in weights.items()
        if (match := re.fullmatch(r"main\.(\d+)\.weight", name)) and value.ndim == 4
    )
    if convs != list(range(0, 3 * len(convs), 3)):
        raise LabError(
            f"expected convolutions at main.0, main.3, main.6 and so on, got main.{', main.'.join(map(str, convs))}."
        )
    kernels = [found(weights, f"main.{conv}.weight") for conv in convs]
    ours = {f"main.conv{place}.weight": kernel for place, kernel in enumerate(kernels)}
    for place, conv in enumerate(convs[:-1]):
        for part in ("weight", "bias", "running_mean", "running_var"):
            ours[f"main.norm{place}.{part}"] = found(weights, f"main.{conv + 1}.{part}")
    channels = [kernels[0].shape[0], *(kernel.shape[1] for kernel in kernels)]
    network = TransposedGenerator(channels, [kernel.shape[2] for kernel in kernels])
    fitted(network, ours)
    return network
