"""BigGAN-deep (Brock et al. 2019) in the layout of Hugging Face's pytorch-pretrained-BigGAN. Spectral norms are divided
out on reading, and batch norms are those of one truncation."""

from __future__ import annotations

from collections.abc import Mapping
from math import modf

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core_gans.foreign.weights import complete, fitted, found
from core_gans.foundation.errors import LabError

Weights = Mapping[str, Tensor]
EPS = 1e-4
ATTENTION = "snconv1x1_theta.weight_orig"


class BigGANDeep(nn.Module):
    """Images (N, 3, S, S) in [-1, 1] from latents (N, Z), drawn within [-2, 2], and labels (N,) int64."""

    def __init__(self, latent: int, classes: int, blocks: list[tuple[int, int] | int], width: int) -> None:
        super().__init__()
        self.latent, self.truncation = latent, 1.0
        self.classes = nn.Embedding(classes, latent)
        first = next(block[0] for block in blocks if isinstance(block, tuple))
        self.start = nn.Linear(2 * latent, 16 * first)
        self.blocks = nn.ModuleList()
        seen = 0
        for block in blocks:
            if isinstance(block, tuple):
                self.blocks.append(Bottleneck(*block, 2 * latent, enlarges=seen % 2 == 1))
                seen += 1
            else:
                self.blocks.append(Attention(block))
        self.norm = nn.BatchNorm2d(width, eps=EPS)
        self.draw = nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, latents: Tensor, labels: Tensor) -> Tensor:
        condition = torch.cat([latents, self.classes(labels)], 1)
        x = self.start(condition).view(len(latents), 4, 4, -1).permute(0, 3, 1, 2)
        for block in self.blocks:
            x = block(x, condition)
        return torch.tanh(self.draw(F.relu(self.norm(x))))

    def latents(self, count: int, rng: torch.Generator) -> Tensor:
        """Latents (count, Z): normal, drawn again beyond 2 (as published), times the truncation."""
        z = torch.randn(count, self.latent, generator=rng, device=rng.device)
        while bool((beyond := z.abs() > 2).any()):
            z = torch.where(beyond, torch.randn(z.shape, generator=rng, device=rng.device), z)
        return self.truncation * z


class Bottleneck(nn.Module):
    """Four convolutions on a quarter of the channels, each behind a conditional batch norm; half may be dropped."""

    def __init__(self, before: int, after: int, condition: int, enlarges: bool) -> None:
        super().__init__()
        middle = before // 4
        self.enlarges, self.after = enlarges, after
        widths, kernels = [before, middle, middle, middle, after], [1, 3, 3, 1]
        self.norms = nn.ModuleList(ConditionalNorm(width, condition) for width in widths[:4])
        self.convs = nn.ModuleList(
            nn.Conv2d(a, b, kernel, padding=kernel // 2)
            for a, b, kernel in zip(widths, widths[1:], kernels, strict=False)
        )

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        kept = x[:, : x.shape[1] // 2] if self.after != x.shape[1] else x
        for place, (norm, conv) in enumerate(zip(self.norms, self.convs, strict=True)):
            x = F.relu(norm(x, condition))
            x = conv(F.interpolate(x, scale_factor=2) if self.enlarges and place == 1 else x)
        return x + (F.interpolate(kept, scale_factor=2) if self.enlarges else kept)


class ConditionalNorm(nn.Module):
    """Batch norm with given statistics, whose scale and offset depend on latent and label."""

    mean: Tensor
    variance: Tensor

    def __init__(self, width: int, condition: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("variance", torch.ones(width))
        self.scale, self.offset = (nn.Linear(condition, width, bias=False) for _ in range(2))

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        x = (x - self.mean[:, None, None]) / (self.variance[:, None, None] + EPS).sqrt()
        return x * (1 + self.scale(condition)[:, :, None, None]) + self.offset(condition)[:, :, None, None]


class Attention(nn.Module):
    """Each place asks a map of half the size (Zhang et al. 2019)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.theta, self.phi = (nn.Conv2d(width, width // 8, 1, bias=False) for _ in range(2))
        self.g, self.out = nn.Conv2d(width, width // 2, 1, bias=False), nn.Conv2d(width // 2, width, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """``condition`` is for the other blocks."""
        asked = self.theta(x).flatten(2)
        keys, values = (F.max_pool2d(conv(x), 2).flatten(2) for conv in (self.phi, self.g))
        attention = (asked.transpose(1, 2) @ keys).softmax(2)
        drawn = (values @ attention.transpose(1, 2)).view(len(x), -1, *x.shape[2:])
        return x + self.gamma * self.out(drawn)


def is_biggan(weights: Weights) -> bool:
    """Whether these are names of pytorch-pretrained-BigGAN."""
    return "generator.gen_z.weight_orig" in weights and "embeddings.weight" in weights


@complete
def of_biggan(weights: Weights, truncation: float = 1.0) -> BigGANDeep:
    """The generator at a ``truncation`` in (0, 1], for which the file holds batch statistics.

    LabError where a layer is missing or of another shape, or the truncation lies outside.
    """
    if not 0 < truncation <= 1:
        raise LabError(f"expected a truncation above 0, at most 1, got {truncation}.")
    blocks: list[tuple[int, int] | int] = []
    ours: dict[str, Tensor] = {"classes.weight": found(weights, "embeddings.weight").T}
    ours |= _layer(weights, "generator.gen_z", "start")
    while any(name.startswith(f"generator.layers.{len(blocks)}.") for name in weights):
        theirs, here = f"generator.layers.{len(blocks)}", f"blocks.{len(blocks)}"
        if f"{theirs}.{ATTENTION}" in weights:
            blocks.append(weights[f"{theirs}.{ATTENTION}"].shape[1])
            for name, our in (("theta", "theta"), ("phi", "phi"), ("g", "g"), ("o_conv", "out")):
                ours |= _layer(weights, f"{theirs}.snconv1x1_{name}", f"{here}.{our}")
            ours[f"{here}.gamma"] = found(weights, f"{theirs}.gamma")
            continue
        for place in range(4):
            ours |= _layer(weights, f"{theirs}.conv_{place}", f"{here}.convs.{place}")
            norm = f"{theirs}.bn_{place}"
            ours[f"{here}.norms.{place}.mean"] = _at(found(weights, f"{norm}.running_means"), truncation)
            ours[f"{here}.norms.{place}.variance"] = _at(found(weights, f"{norm}.running_vars"), truncation)
            for name in ("scale", "offset"):
                ours |= _layer(weights, f"{norm}.{name}", f"{here}.norms.{place}.{name}")
        blocks.append((ours[f"{here}.convs.0.weight"].shape[1], len(ours[f"{here}.convs.3.weight"])))
    width = len(found(weights, "generator.bn.weight"))
    ours["norm.running_mean"] = _at(found(weights, "generator.bn.running_means"), truncation)
    ours["norm.running_var"] = _at(found(weights, "generator.bn.running_vars"), truncation)
    ours |= {f"norm.{name}": found(weights, f"generator.bn.{name}") for name in ("weight", "bias")}
    ours |= {name: value[:3] for name, value in _layer(weights, "generator.conv_to_rgb", "draw").items()}
    network = BigGANDeep(ours["classes.weight"].shape[1], len(ours["classes.weight"]), blocks, width)
    fitted(network, ours)
    network.truncation = truncation
    return network


def _layer(weights: Weights, theirs: str, ours: str) -> dict[str, Tensor]:
    """A layer with its spectral norm divided out, as evaluation computes it."""
    weight, u, v = (found(weights, f"{theirs}.weight_{part}") for part in ("orig", "u", "v"))
    layer = {f"{ours}.weight": weight / (u @ (weight.flatten(1) @ v))}
    if f"{theirs}.bias" in weights:
        layer[f"{ours}.bias"] = found(weights, f"{theirs}.bias")
    return layer


def _at(statistics: Tensor, truncation: float) -> Tensor:
    """The statistics at ``truncation``, of those for so many steps between 0 and 1; as published, also in between."""
    part, first = modf(truncation * (len(statistics) - 1))
    at = int(first)
    return statistics[at] if part == 0 else statistics[at] * part + statistics[at + 1] * (1 - part)
