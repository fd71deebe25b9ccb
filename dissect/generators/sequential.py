"""A generator written as a list of layers, for weights that came without the code that made them.

One layer a line, or parted by semicolons: ``linear 64 256; relu; linear 256 784; tanh; reshape 1 28 28``. The layers
are numbered from 0, as those of PyTorch's ``nn.Sequential``, so weights named ``0.weight``, ``2.weight`` fit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from core_gans.foundation.memory import require_memory
from core_gans.foundation.names import unknown_name

FLOAT = 4  # bytes
BIASLESS = "nobias"  # last word of a layer without bias


class Reshape(nn.Module):
    """(N, ...) to (N, *sizes)."""

    def __init__(self, *sizes: int) -> None:
        super().__init__()
        self.sizes = sizes

    def forward(self, x: Tensor) -> Tensor:
        if x[0].numel() != math.prod(self.sizes):
            wanted, found = (" x ".join(map(str, shape)) for shape in (self.sizes, x.shape[1:]))
            raise ValueError(f"cannot reshape {found} to {wanted}: the numbers do not add up")
        return x.reshape(len(x), *self.sizes)


@dataclass(frozen=True)
class _Kind:
    takes: str  # the names of its numbers; those in brackets may be left out
    make: Callable[..., nn.Module]
    biased: bool = False


_KINDS: Mapping[str, _Kind] = {
    "linear": _Kind("inputs outputs", nn.Linear, biased=True),
    "conv": _Kind("inputs outputs side [stride] [padding]", nn.Conv2d, biased=True),
    "deconv": _Kind("inputs outputs side [stride] [padding] [output_padding]", nn.ConvTranspose2d, biased=True),
    "batchnorm": _Kind("units [eps]", nn.BatchNorm2d),
    "batchnorm1d": _Kind("units [eps]", nn.BatchNorm1d),
    "instancenorm": _Kind("units [eps]", nn.InstanceNorm2d),
    "upsample": _Kind("factor", lambda factor: nn.Upsample(scale_factor=factor)),
    "bilinear": _Kind("factor", lambda factor: nn.Upsample(scale_factor=factor, mode="bilinear")),
    "pixelshuffle": _Kind("factor", nn.PixelShuffle),
    "relu": _Kind("", nn.ReLU),
    "leaky": _Kind("[slope]", nn.LeakyReLU),
    "elu": _Kind("[alpha]", nn.ELU),
    "selu": _Kind("", nn.SELU),
    "gelu": _Kind("", nn.GELU),
    "silu": _Kind("", nn.SiLU),
    "softplus": _Kind("", nn.Softplus),
    "tanh": _Kind("", nn.Tanh),
    "sigmoid": _Kind("", nn.Sigmoid),
    "dropout": _Kind("[share]", nn.Dropout),
    "flatten": _Kind("", nn.Flatten),
    "identity": _Kind("", nn.Identity),
    "reshape": _Kind("size [size] [size]", Reshape),
}


def sequential(layers: str | Sequence[str]) -> nn.Sequential:
    """The network of ``layers``: a text with one layer a line or parted by semicolons, or a list of such lines.

    A layer is its word and its numbers, in the order of PyTorch's own arguments; ``#`` begins a comment.
    ``nobias`` as last word leaves the bias of a linear or a convolution out. Weights are PyTorch's initial ones.

    Raises:
        ValueError: no layer at all, a word that is not known (the nearest are listed), numbers that do not fit, or more
            weights than memory holds.
    """
    text = layers if isinstance(layers, str) else "\n".join(layers)
    lines = [line.partition("#")[0].strip() for line in text.replace(";", "\n").splitlines()]
    if not any(lines):
        raise ValueError("expected a list of layers, such as 'linear 64 256; relu; linear 256 784; tanh', got none")
    with torch.device("meta"):  # takes no memory
        weights = sum(weight.numel() for weight in _stacked(lines).parameters())
    require_memory(weights * FLOAT, f"layers of {weights:,} weights", "their sizes")
    return _stacked(lines)


def read_sequential(path: str | Path) -> nn.Sequential:
    """The network that a text file lists; FileNotFoundError, or ValueError as ``sequential`` raises."""
    try:
        return sequential(Path(path).read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no text: expected a list of layers, one a line") from error


def _stacked(lines: Sequence[str]) -> nn.Sequential:
    return nn.Sequential(*(_layer(place, line) for place, line in enumerate(filter(None, lines))))


def _layer(place: int, line: str) -> nn.Module:
    word, *numbers = line.split()
    if word not in _KINDS:
        raise ValueError(f"layer {place}, {line!r}: {unknown_name('kind of layer', word, _KINDS)}")
    kind = _KINDS[word]
    options = {}
    if kind.biased and numbers[-1:] == [BIASLESS]:
        numbers, options = numbers[:-1], {"bias": False}
    names = kind.takes.split()
    least = sum(not name.startswith("[") for name in names)
    if not least <= len(numbers) <= len(names):
        wanted = f"{word} {kind.takes}".strip()
        raise ValueError(f"layer {place}, {line!r}: expected '{wanted}', got {len(numbers)} numbers")
    try:
        return kind.make(*(_number(number) for number in numbers), **options)
    except (ValueError, TypeError, RuntimeError, OverflowError) as error:
        raise ValueError(f"layer {place}, {line!r}: {error}") from error


def _number(word: str) -> int | float:
    try:
        return int(word) if word.lstrip("-").isdigit() else float(word)
    except ValueError:
        raise ValueError(f"expected a number, got {word!r}") from None
