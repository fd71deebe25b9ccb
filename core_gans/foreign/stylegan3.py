"""StyleGAN3 (Karras et al. 2021), alias-free, configurations T and R, in which others' weights are opened.

    styles of each layer (N, L, D) -> Fourier features -> L0, L1, ... -> image

Maps are wider than the picture, by ``MARGIN`` cells on each side, so that nothing is made up at its edges. Of each
layer, ``L3_52_512.inside`` is what lies in the picture, here (N, 512, 32, 32): what is measured, changed and painted
with. Layers have their authors' names: number, side with the margin, units.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core_gans.foreign.styles import GAIN, SMALL, StyleGenerator

MARGIN = 10  # cells on each side of the picture
CLAMP = 256.0  # of what a layer puts out
BANDWIDTH = 2.0  # of the Fourier features, in waves for a side of the picture
OUTPUT = 0.25  # the scale of the image


@dataclass(frozen=True)
class LayerPlan:
    """The numbers of one layer, of what it takes and of what it puts out."""

    name: str
    units: tuple[int, int]
    sides: tuple[int, int]
    """In cells, with the margin."""
    rates: tuple[int, int]
    """In cells for a side of the picture."""
    kernel: int
    up: tuple[int, ...]
    """Taps of the filter that enlarges, none where there is none."""
    down: tuple[int, ...]
    """Of the one that shrinks: (T,) for rows and columns apart, (T, T) for a radial one."""
    draws: bool
    """Whether it is the last one, which draws the image."""


class Framed:
    """Maps in two parts: ``inside`` the picture (N, C, S, S), and the ``whole`` with its margin."""

    def __init__(self, inside: Tensor, whole: Tensor) -> None:
        self.inside, self.whole = inside, whole

    def joined(self) -> Tensor:
        """The whole, with what is inside in its place: an edit may have changed it."""
        margin = (self.whole.shape[-1] - self.inside.shape[-1]) // 2
        if not margin:
            return self.inside
        joined = self.whole.clone()
        joined[..., margin:-margin, margin:-margin] = self.inside
        return joined


class StyleGAN3(StyleGenerator):
    """Images of layers by ``plans``. ``net.input.transform`` turns, shifts and scales what is drawn."""

    def __init__(self, latent: int, style: int, mapped: int, plans: Sequence[LayerPlan]) -> None:
        super().__init__(latent, style, mapped)
        self.input = Waves(plans[0].units[0], style, plans[0].sides[0], plans[0].rates[0])
        self.names = [plan.name for plan in plans]
        for plan in plans:
            self.add_module(plan.name, Filtered(plan, style))

    @property
    def layers(self) -> int:
        """How many styles a picture takes: one for the Fourier features, and one for each layer."""
        return 1 + len(self.names)

    def draw(self, styles: Tensor) -> Tensor:
        """The images of styles of each layer (N, L, D)."""
        maps: Framed = self.input(styles[:, 0])
        for place, name in enumerate(self.names, 1):
            maps = self.get_submodule(name)(maps, styles[:, place])
        return maps.joined() * OUTPUT


class Waves(nn.Module):
    """Fourier features: sine waves, turned and shifted by the style, and mixed."""

    transform: Tensor
    freqs: Tensor
    phases: Tensor

    def __init__(self, units: int, style: int, side: int, rate: int) -> None:
        super().__init__()
        self.side, self.rate = side, rate
        self.affine = nn.Linear(style, 4)  # cosine and sine of a turn, and a shift
        self.weight = nn.Parameter(torch.zeros(units, units))
        self.register_buffer("transform", torch.eye(3))
        self.register_buffer("freqs", torch.zeros(units, 2))
        self.register_buffer("phases", torch.zeros(units))
        self.inside = nn.Identity()

    def forward(self, style: Tensor) -> Framed:
        moves = self.affine(style)
        cosine, sine, right, down = (moves / moves[:, :2].norm(dim=1, keepdim=True)).unbind(1)
        zero, one = torch.zeros_like(sine), torch.ones_like(sine)
        turn = _matrices((cosine, -sine, zero), (sine, cosine, zero), (zero, zero, one))
        shift = _matrices((one, zero, -right), (zero, one, -down), (zero, zero, one))
        moved = turn @ shift @ self.transform
        phases = self.phases + (self.freqs @ moved[:, :2, 2:]).squeeze(2)  # (N, C)
        freqs = self.freqs @ moved[:, :2, :2]  # (N, C, 2)
        kept = (1 - (freqs.norm(dim=2) - BANDWIDTH) / (self.rate / 2 - BANDWIDTH)).clamp(0, 1)
        along = (torch.arange(self.side, device=style.device, dtype=style.dtype) + 0.5 - self.side / 2) / self.rate
        across, below = freqs[:, None, None].unbind(-1)
        turns = along[:, None] * across + along[:, None, None] * below + phases[:, None, None]  # (N, H, W, C)
        waves = torch.sin(2 * math.pi * turns) * kept[:, None, None]
        return _framed((waves @ self.weight.T).permute(0, 3, 1, 2), self.rate, self.inside)


class Filtered(nn.Module):
    """A convolution by style, and a leaky ReLU at a higher rate between two low-pass filters."""

    up: Tensor | None
    down: Tensor | None
    magnitude: Tensor

    def __init__(self, plan: LayerPlan, style: int) -> None:
        super().__init__()
        self.plan = plan
        (before, after), kernel = plan.units, plan.kernel
        self.affine = nn.Linear(style, before)
        self.weight = nn.Parameter(torch.zeros(after, before, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(after))
        self.register_buffer("magnitude", torch.ones(()))  # the mean square of what it takes, over the training
        self.register_buffer("up", torch.zeros(plan.up) if plan.up else None)
        self.register_buffer("down", torch.zeros(plan.down) if plan.down else None)
        self.inside = nn.Identity()
        self.rate = max(plan.rates) * (1 if plan.draws else 2)  # at which the leaky ReLU acts
        enlarged, shrunk = self.rate // plan.rates[0], self.rate // plan.rates[1]
        taps = max(plan.up, default=1) + max(plan.down, default=1) - 2
        wanted = (plan.sides[1] - 1) * shrunk + 1 + taps  # cells between the filters
        missing = wanted - (plan.sides[0] + kernel - 1) * enlarged
        low = (missing + enlarged) // 2  # appendix C.3: samples lie in the middle of their cells
        self.padding = (low, missing - low)

    def forward(self, x: Framed, style: Tensor) -> Framed:
        plan, channels = self.plan, self.affine(style)  # (N, before)
        if not plan.draws:
            channels = channels * (channels.square().mean(1, keepdim=True) + SMALL).rsqrt()
        maps = F.conv2d(x.joined() * channels[:, :, None, None], self.weight, padding=plan.kernel - 1)
        if not plan.draws:
            energy = channels.square() @ self.weight.square().sum((2, 3)).T  # (N, after)
            maps = maps * (energy + SMALL).rsqrt()[:, :, None, None]
        maps = maps * self.magnitude.rsqrt() + self.bias[:, None, None]
        maps = enlarge(maps, self.up, self.rate // plan.rates[0], self.padding)
        maps = maps if plan.draws else F.leaky_relu(maps, 0.2) * GAIN
        maps = shrink(maps.clamp(-CLAMP, CLAMP), self.down, self.rate // plan.rates[1])
        return _framed(maps, plan.rates[1], self.inside)


def enlarge(x: Tensor, taps: Tensor | None, factor: int, padding: tuple[int, int]) -> Tensor:
    """Maps with ``factor - 1`` zeros behind each cell, ``padding`` (below 0: cut), smoothed by ``taps`` (T,).

    ``taps`` are symmetric, and multiplied by the factor, so that the mean stays.
    """
    if taps is None:
        return F.pad(x, padding * 2)
    side = x.shape[-1]
    for kernel, stride in ((taps[:, None], (factor, 1)), (taps[None], (1, factor))):
        x = F.conv_transpose2d(x, _each(kernel * factor, x), stride=stride, groups=x.shape[1])
    low = padding[0] - (len(taps) - 1)
    wanted = side * factor + sum(padding) - len(taps) + 1
    return F.pad(x, (low, wanted - x.shape[-1] - low) * 2)


def shrink(x: Tensor, taps: Tensor | None, factor: int) -> Tensor:
    """Each ``factor``-th cell of maps that are smoothed by symmetric ``taps``, (T,) or (T, T); the edge is cut off."""
    if taps is None:
        return x[..., ::factor, ::factor]
    if taps.ndim == 2:
        return F.conv2d(x, _each(taps, x), stride=factor, groups=x.shape[1])
    for kernel, stride in ((taps[:, None], (factor, 1)), (taps[None], (1, factor))):
        x = F.conv2d(x, _each(kernel, x), stride=stride, groups=x.shape[1])
    return x


def _each(kernel: Tensor, like: Tensor) -> Tensor:
    """The same ``kernel`` for each channel of ``like``."""
    return kernel.to(like.dtype).expand(like.shape[1], 1, *kernel.shape)


def _framed(maps: Tensor, rate: int, inside: nn.Module) -> Framed:
    margin = (maps.shape[-1] - rate) // 2
    return Framed(inside(maps[..., margin:-margin, margin:-margin] if margin else maps), maps)


def _matrices(*rows: tuple[Tensor, ...]) -> Tensor:
    """Matrices (N, 3, 3) of their numbers, (N,) each."""
    return torch.stack([torch.stack(row, 1) for row in rows], 1)
