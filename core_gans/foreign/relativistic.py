"""R3GAN's generator (Huang et al. 2024) in the layout of the authors' code, with or without classes."""

from __future__ import annotations

import re

import torch
from torch import Tensor, nn

from core_gans.foreign.weights import Weights, complete, fitted, found
from core_gans.networks.r3gan import Basis, Resampled, Residual, convolution

SIDE = 4  # of the learned maps
PREFIX = "Model."
PARTS = {
    "LinearLayer1.Layer.weight": "0.weight",
    "NonLinearity1.Bias": "1.bias",
    "LinearLayer2.Layer.weight": "2.weight",
    "NonLinearity2.Bias": "3.bias",
    "LinearLayer3.Layer.weight": "4.weight",
}


class RelativisticGenerator(nn.Module):
    """Images (N, 3, S, S), about in [-1, 1], from normal latents (N, Z) and, where it knows classes, labels (N,)."""

    def __init__(self, latent: int, classes: tuple[int, int] | None, blocks: nn.Sequential, width: int) -> None:
        super().__init__()
        self.latent = latent
        self.classes = nn.Embedding(*classes) if classes else None
        self.blocks = blocks
        self.image = convolution(width, 3, 1, 1.0)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        if self.classes is not None and labels is not None:
            latents = torch.cat([latents, self.classes(labels)], 1)
        images: Tensor = self.image(self.blocks(latents))
        return images

    def latents(self, count: int, rng: torch.Generator) -> Tensor:
        """Normal latents (count, Z)."""
        return torch.randn(count, self.latent, generator=rng, device=rng.device)


def is_relativistic(weights: Weights) -> bool:
    """Whether these are names of the authors' generator."""
    return any(f"{prefix}MainLayers.0.Layers.0.Basis" in weights for prefix in ("", PREFIX))


def of_relativistic(weights: Weights) -> RelativisticGenerator:
    """The generator, of any size. LabError where a layer is missing, left over or of another shape."""
    return _of_relativistic({name.removeprefix(PREFIX): value for name, value in weights.items()})


@complete
def _of_relativistic(weights: Weights) -> RelativisticGenerator:
    stages = 1 + max(int(match[1]) for name in weights if (match := re.match(r"MainLayers\.(\d+)\.", name)))
    start = found(weights, "MainLayers.0.Layers.0.LinearLayer.weight")
    ours = {"blocks.block4.0.maps": found(weights, "MainLayers.0.Layers.0.Basis")}
    ours["blocks.block4.0.weights.weight"] = start
    width, taken = start.shape
    blocks = nn.Sequential()
    with torch.random.fork_rng(devices=[]):  # first weights are drawn, and then replaced
        for stage in range(stages):
            name, theirs = f"block{SIDE * 2**stage}", f"MainLayers.{stage}.Layers"
            layers: list[nn.Module] = []
            if stage == 0:
                layers.append(Basis(taken, width, (SIDE, SIDE)))
            else:
                if f"{theirs}.0.LinearLayer.Layer.weight" in weights:
                    joined = ours[f"blocks.{name}.0.weight"] = found(weights, f"{theirs}.0.LinearLayer.Layer.weight")
                    layers.append(convolution(width, len(joined), 1, 1.0))
                    width = len(joined)
                layers.append(Resampled(up=True))
            place = 1
            while any(each.startswith(f"{theirs}.{place}.") for each in weights):
                here = {our: found(weights, f"{theirs}.{place}.{part}") for part, our in PARTS.items()}
                ours |= {f"blocks.{name}.{len(layers)}.change.{our}": value for our, value in here.items()}
                layers.append(Residual(width, 1, len(here["0.weight"]) // width, here["2.weight"].shape[1]))
                place += 1
            blocks.add_module(name, nn.Sequential(*layers))
        ours["image.weight"] = found(weights, "AggregationLayer.Layer.weight")
        classes = None
        if "EmbeddingLayer.weight" in weights:
            ours["classes.weight"] = found(weights, "EmbeddingLayer.weight").T
            classes = (ours["classes.weight"].shape[0], ours["classes.weight"].shape[1])
        latent = taken - (classes[1] if classes else 0)
        network = RelativisticGenerator(latent, classes, blocks, width)
    fitted(network, ours)
    return network
