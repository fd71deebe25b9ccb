"""How the numbers of a layer lie: as maps (N, C, H, W), or as something that can be shown and edited as maps.

Attention and its relatives put out tokens (N, T, C), channels last (N, H, W, C), or vectors (N, C). Read as
(N, C, H, W) these give units that are rows of the picture, without a word. So a layout is named, and where a layer
looks as if it were of another one, it is refused.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase as NormBase
from torch.nn.modules.conv import _ConvNd as Convolution

KINDS = ("nchw", "nhwc", "tokens", "vector")
_GRID = re.compile(r"(?P<height>\d+)x(?P<width>\d+)(\+(?P<before>\d+))?")
_CHANNELS_FIRST = (Convolution, NormBase, nn.GroupNorm, nn.Upsample, nn.PixelShuffle)
_CHANNELS_LAST = (nn.Linear, nn.LayerNorm)


@dataclass(frozen=True)
class Layout:
    """Between what a layer puts out and maps (N, C, H, W)."""

    kind: str
    """nchw, nhwc (N, H, W, C), tokens (N, T, C), or vector (N, C), which becomes maps of one cell."""
    grid: tuple[int, int] | None = None
    """Of tokens, (H, W); None for a square."""
    before: int = 0
    """Tokens before the grid that have no place, such as a class token; with a square grid one is found by itself."""

    def to_maps(self, values: Tensor) -> Tensor:
        """Maps (N, C, H, W) of a layer's ``values``; a view where that can be. ValueError for another shape."""
        if self.kind == "nchw" or values.ndim != {"nhwc": 4, "tokens": 3, "vector": 2}[self.kind]:
            return _of_dimensions(values, 4, self.kind)
        if self.kind == "nhwc":
            return values.permute(0, 3, 1, 2)
        if self.kind == "vector":
            return values[:, :, None, None]
        height, width, before = self._places(values.shape[1])
        return values[:, before:].transpose(1, 2).unflatten(2, (height, width))

    def to_layer(self, maps: Tensor, like: Tensor) -> Tensor:
        """The layer's values again, of the shape of ``like``, whose tokens without a place they take over."""
        if self.kind == "nhwc":
            return maps.permute(0, 2, 3, 1)
        if self.kind == "vector":
            return maps[:, :, 0, 0]
        if self.kind == "tokens":
            before = self._places(like.shape[1])[2]
            whole = like.clone()
            whole[:, before:] = maps.flatten(2).transpose(1, 2)
            return whole
        return maps

    def _places(self, tokens: int) -> tuple[int, int, int]:
        if self.grid:
            height, width = self.grid
            if height * width + self.before != tokens:
                more = f" and {self.before} before them" if self.before else ""
                raise ValueError(f"a grid of {height} x {width}{more} does not hold the {tokens} tokens of the layer")
            return height, width, self.before
        for before in (0, 1):
            side = math.isqrt(tokens - before)
            if side > 1 and side * side == tokens - before:
                return side, side, before
        raise ValueError(
            f"{tokens} tokens are no square: give their grid, as in ~8x16, or ~8x16+1 where one token before it has "
            "no place"
        )


def read_layout(text: str) -> Layout:
    """The layout of the name ``text``: nchw, nhwc, tokens, vector, or a grid of tokens such as 8x16 or 8x16+1.

    ValueError for another text.
    """
    if text in KINDS:
        return Layout(text)
    if grid := _GRID.fullmatch(text):
        return Layout("tokens", (int(grid["height"]), int(grid["width"])), int(grid["before"] or 0))
    raise ValueError(f"no layout is called {text!r}: choose {', '.join(KINDS)}, or a grid of tokens such as 8x16+1")


def is_channels_last(module: nn.Module, values: Tensor) -> bool:
    """Whether the four-dimensional ``values`` that ``module`` puts out look like (N, H, W, C), not (N, C, H, W).

    They do behind what works on the last dimension only, and where the first two sides are equal and the third is not,
    unless all in ``module`` that has a layout works on channels first: a landscape of 16 x 32 cells may have 16 units.
    """
    if values.ndim != 4 or isinstance(module, _CHANNELS_FIRST):
        return False
    if isinstance(module, _CHANNELS_LAST):
        return True
    kinds = list(module.modules())
    last, maps = (any(isinstance(part, kind) for part in kinds) for kind in (_CHANNELS_LAST, _CHANNELS_FIRST))
    if maps and not last:
        return False
    _, first, second, third = values.shape
    return second != third and (first == second or (last and not maps))


def in_doubt(layer: str, module: nn.Module, values: Tensor) -> str | None:
    """Why ``values`` (N, ...) of ``layer`` should not be read as maps (N, C, H, W), in a line; None where they may."""
    if is_channels_last(module, values):
        return (
            f"layer {layer!r} puts out {tuple(values.shape)}, which looks like height, width, units: write "
            f"{layer}~nhwc, or {layer}~nchw if units, height, width is right"
        )
    return None


def _of_dimensions(values: Tensor, dimensions: int, kind: str) -> Tensor:
    if values.ndim != dimensions or kind != "nchw":
        expected = {"nchw": "(N, C, H, W)", "nhwc": "(N, H, W, C)", "tokens": "(N, tokens, units)"}
        raise ValueError(
            f"the layout {kind} is for layers of shape {expected.get(kind, '(N, units)')}, this one puts out "
            f"{tuple(values.shape)}"
        )
    return values
