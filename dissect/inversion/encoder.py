"""An encoder: a small network that tells from a picture which latent its generator drew it from, bound to that one.

It tells a middle layer's output, too: that keeps places, which a latent has to encode (Bau et al. 2019, "Seeing What a
GAN Cannot Generate", section 4.1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core_gans.foundation.errors import LabError
from core_gans.foundation.sealed import read_sealed, write_sealed
from dissect.fingerprint import fingerprint

WIDTHS = (32, 64, 128, 128)
LEAST = 4  # cells on the shorter side of the last maps
NARROW = 64  # units of the maps from which the latent is told
SLOPE = 0.2
_KIND, _VERSION = "encoder", 1


@dataclass(frozen=True)
class EncoderShapes:
    """What an encoder reads and tells, without the batch."""

    image: tuple[int, ...]  # (C, H, W)
    latent: tuple[int, ...]
    features: tuple[int, ...] | None = None  # (U, h, w)


class EncoderNet(nn.Module):
    """Images (N, C, H, W) in [-1, 1] to flat latents (N, L) and, where it tells them, features (N, U, h, w).

    Both are told in deviations from their mean; the buffers turn them back.
    """

    latent_mean: Tensor  # (L,)
    latent_spread: Tensor
    unit_mean: Tensor  # (U, 1, 1)
    unit_spread: Tensor

    def __init__(self, shapes: EncoderShapes, widths: Sequence[int] = WIDTHS) -> None:
        super().__init__()
        self.shapes, self.widths = shapes, tuple(widths)
        colours, height, width = shapes.image
        numbers = int(np.prod(shapes.latent))
        blocks: list[nn.Sequential] = []
        reached, inputs, sides = [], colours, (height, width)  # channels after each block
        while not blocks or (min(sides) > LEAST and len(blocks) < 12):
            outputs = self.widths[min(len(blocks), len(self.widths) - 1)]
            blocks.append(_block(inputs, outputs, stride=2))
            reached.append(outputs)
            inputs, sides = outputs, (-(-sides[0] // 2), -(-sides[1] // 2))
        self.trunk = nn.ModuleList(blocks)
        self.latent = nn.Sequential(nn.Conv2d(inputs, NARROW, 1), nn.LeakyReLU(SLOPE), nn.Flatten(),
                                    nn.Linear(NARROW * sides[0] * sides[1], numbers))  # fmt: skip
        self.register_buffer("latent_mean", torch.zeros(numbers))
        self.register_buffer("latent_spread", torch.ones(numbers))
        if shapes.features is not None:
            units = shapes.features[0]
            near = _block(reached[self._nearest()] + inputs, inputs)
            self.features = nn.Sequential(near, nn.Conv2d(inputs, units, 1))
            self.register_buffer("unit_mean", torch.zeros(units, 1, 1))
            self.register_buffer("unit_spread", torch.ones(units, 1, 1))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        maps, x = [], images
        for block in self.trunk:
            x = block(x)
            maps.append(x)
        latents = self.latent(x) * self.latent_spread + self.latent_mean
        if self.shapes.features is None:
            return latents, None
        cells = self.shapes.features[1:]
        seen = torch.cat([_at(maps[self._nearest()], cells), _at(x, cells)], 1)
        return latents, self.features(seen) * self.unit_spread + self.unit_mean

    def _nearest(self) -> int:
        """The trunk's last map that has at least as many rows as the features; the first where none has."""
        assert self.shapes.features is not None
        rows, enough = self.shapes.image[1], 0
        for place in range(len(self.trunk)):
            rows = -(-rows // 2)
            if rows >= self.shapes.features[1]:
                enough = place
        return enough


@dataclass(frozen=True)
class Guess:
    """What an encoder tells of pictures."""

    latents: Tensor  # (N, ...)
    features: Tensor | None  # (N, U, h, w) of the encoder's layer


class Encoder:
    """A trained encoder, bound to one generator; on any device, it follows the images.

    ``layer`` is the generator's layer whose output it tells, or None. ``bound`` is the generator's ``fingerprint``.
    """

    def __init__(self, net: EncoderNet, layer: str | None, bound: str) -> None:
        if (layer is None) != (net.shapes.features is None):
            raise ValueError("an encoder tells the features of the layer that it names, and of no other")
        self.net = net.eval().requires_grad_(False)
        self.layer, self.bound = layer, bound

    @torch.no_grad()
    def __call__(self, images: Tensor) -> Guess:
        """What ``images`` (N, C, H, W) in [-1, 1] were drawn from.

        Raises:
            ValueError: images of another shape than its generator's, or an answer that is not finite.
        """
        if images.ndim != 4 or tuple(images.shape[1:]) != self.net.shapes.image:
            wanted = ", ".join(map(str, self.net.shapes.image))
            raise ValueError(f"this encoder reads images (N, {wanted}), got {tuple(images.shape)}")
        latents, features = self.net.to(images.device)(images.float())
        if not bool(torch.isfinite(latents).all()) or (features is not None and not torch.isfinite(features).all()):
            raise ValueError("the encoder answers with NaN or infinite numbers: train it again, with a lower rate")
        return Guess(latents.unflatten(1, self.net.shapes.latent), features)

    def require(self, generator: nn.Module) -> None:
        """LabError unless ``generator`` is the one, to the bit, that this encoder was trained on."""
        if fingerprint(generator) != self.bound:
            raise LabError(
                "this encoder belongs to another generator, or to another state of this one: train one for it by "
                "`dissect train-encoder`, or leave it out"
            )

    def save(self, path: str | Path, facts: Mapping[str, object] | None = None, *, overwrite: bool = False) -> None:
        """Write weights (half precision), shapes and the binding under a SHA-256; ``facts`` are any JSON-able remarks.

        Raises FileExistsError where there is a file already, unless ``overwrite``.
        """
        weights = {
            name: (value.half() if value.is_floating_point() else value).cpu().numpy()
            for name, value in self.net.state_dict().items()
        }
        shapes = self.net.shapes
        told = {
            "kind": _KIND,
            "version": _VERSION,
            "image": list(shapes.image),
            "latent": list(shapes.latent),
            "features": None if shapes.features is None else list(shapes.features),
            "widths": list(self.net.widths),
            "layer": self.layer,
            "generator": self.bound,
            "facts": dict(facts or {}),
        }
        write_sealed(path, weights, told, overwrite=overwrite)

    @classmethod
    def load(cls, path: str | Path) -> Encoder:
        """Read what ``save`` wrote.

        Raises FileNotFoundError, or ValueError for a file that is damaged, newer, or no encoder.
        """
        arrays, told = read_sealed(path)
        if told.get("kind") != _KIND:
            raise LabError(f"{path} holds {told.get('kind', 'something else')!r}, not an encoder ({_KIND!r})")
        if told["version"] > _VERSION:
            raise LabError(f"{path} has version {told['version']}, this program reads up to {_VERSION}: update it")
        features = None if told["features"] is None else tuple(told["features"])
        net = EncoderNet(EncoderShapes(tuple(told["image"]), tuple(told["latent"]), features), told["widths"])
        state = {name: torch.from_numpy(array) for name, array in arrays.items()}
        try:
            net.load_state_dict({name: t.float() if t.is_floating_point() else t for name, t in state.items()})
        except RuntimeError as error:
            raise LabError(f"{path}: its weights do not fit the network it describes: make it again") from error
        return cls(net, told["layer"], told["generator"])


def _block(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.LeakyReLU(SLOPE),
    )


def _at(maps: Tensor, cells: tuple[int, ...]) -> Tensor:
    """Maps (N, U, H, W) brought to ``cells`` (h, w)."""
    if tuple(maps.shape[2:]) == cells:
        return maps
    return F.interpolate(maps, size=cells, mode="bilinear", align_corners=False)
