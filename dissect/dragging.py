"""Dragging points of a picture to where they should be, by the latent. After Pan et al. 2023, DragGAN.

Motion supervision: what the first picture F0 has around a handle's origin o is to be found a step nearer to its target
t than the handle p now is: the mean of ``|F(p + d + q) - F0(o + q)|^2`` over the q within ``reach``, with d at most
``AHEAD`` long on the way from p to t. Point tracking: after each step the handle is where, in a small window, all that
it has around it is nearest to what it had in the first picture. F is what a layer puts out, at the size of the image,
each unit in its own deviations. A handle has arrived when it is near its target and most of what it had around it is
there. A latent takes steps downhill with momentum, which ``Dragged`` holds, so that ten steps after ten are twenty.

DragGAN (their equations 1 and 2) compares with the picture of the step before and tracks a single place, in a smaller
circle. On the generators of the lab, which have one small latent and no styles, a place is then found again beside the
thing, in another wall or cloud, and the thing stays behind (docs/app.md has the figures).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dissect.generators import default_layers
from dissect.hooks import at_rest, record

STRIDE = 0.1  # length of a step of the latent, at most; a normal one of 128 numbers has a length of 11
MEMORY = 0.8  # part of the pace that a step keeps
HOLD = 2.0  # weight of what is to stay
AHEAD = 2.0  # pixels from a handle to where it is to be found after a step
FLAT = 1e-3  # deviation of a unit below which it says nothing of places
ARRIVED = 1.0  # pixels from the target
ALIKE = 0.15  # of how unlike it was there at first, how unlike it may be there at the end
ROOM = 5  # a part of the image's side: what is as near to a way counts as near it
Point = tuple[float, float]


@dataclass(frozen=True)
class Handle:
    """A point that is dragged; places are (x, y) in pixels of the image, (0, 0) the middle of the first one."""

    origin: Point
    """Where it was in the first picture."""
    target: Point
    """Where it is to go; the same as ``origin`` pins it."""
    at: Point | None = None
    """Where it is now; None while nothing was dragged."""

    @property
    def place(self) -> Point:
        """Where it is now."""
        return self.origin if self.at is None else self.at

    @property
    def left(self) -> float:
        """Pixels from its target."""
        return sum((a - b) ** 2 for a, b in zip(self.place, self.target, strict=True)) ** 0.5


@dataclass(frozen=True, eq=False)
class Dragged:
    """How far a drag came."""

    latent: Tensor
    """(1, ...), which draws the picture as it is now."""
    handles: tuple[Handle, ...]
    steps: int
    """Steps that were taken: fewer than asked for where all arrived, or where no feature says which way to go."""
    pace: Tensor
    """(1, ...), with which the latent goes on."""
    unlike: tuple[float, ...]
    """How unlike what surrounds each target is to what surrounded its origin: 1 as at first, 0 equal, or no way."""

    @property
    def arrived(self) -> bool:
        """Whether all handles are within ``ARRIVED`` of their targets, and ``ALIKE`` of their surroundings, too."""
        near = all(handle.left <= ARRIVED for handle in self.handles)
        return near and all(unlike <= ALIKE for unlike in self.unlike)


def drag(
    generator: nn.Module,
    first: Tensor,
    handles: Sequence[Handle],
    layer: str,
    *,
    latent: Tensor | None = None,
    pace: Tensor | None = None,
    steps: int = 20,
    stride: float = STRIDE,
    reach: int | None = None,
    window: int | None = None,
    free: Tensor | None = None,
    hold: float = HOLD,
    within: Callable[[Tensor], Tensor] = lambda value: value,
) -> Dragged:
    """At most ``steps`` steps from ``latent`` (1, ...), by default ``first``, the latent of the picture as it was.

    ``pace`` is that of the drag that goes on, by default none. ``layer`` puts out the features, maps (1, C, h, w).
    ``reach`` is the radius of what moves along with a handle and ``window`` how far it is looked for after a step, both
    in pixels; by default three 16ths and a 32nd of the image's side. ``free`` (H, W) is true where the picture may
    change: elsewhere, changed features cost, ``hold`` times as much as those around a handle. ``within`` brings a
    latent back to what is allowed.

    Raises:
        ValueError: no handle, one outside the image, or a layer that the generator does not have.
    """
    with at_rest(generator), record(generator, [layer]) as seen:
        height, width = generator(first).shape[2:]
        spread = seen[layer].std((2, 3), keepdim=True).clamp(min=FLAT) * seen[layer].shape[1] ** 0.5
        was = _enlarged(seen[layer] / spread, (height, width))
        for handle in handles:
            _require_inside(handle, width, height)
        if not handles:
            raise ValueError("expected at least one handle to drag, got none")
        side = min(height, width)
        around = _disc(max(1, 3 * side // 16) if reach is None else reach).to(was)
        near = _disc(max(1, side // 32) if window is None else window).to(was)
        origin = torch.tensor([handle.origin for handle in handles]).to(was)
        known = _sampled(was, origin[:, None] + around)  # (K, M, C)
        at = torch.tensor([handle.place for handle in handles]).to(was)
        goal = torch.tensor([handle.target for handle in handles]).to(was)
        at_first = _unlike(was, goal, known, around).where((goal - origin).norm(dim=1) > ARRIVED, torch.inf)
        value = (first if latent is None else latent).detach().requires_grad_()
        pace = torch.zeros_like(first) if pace is None else pace.detach()
        taken = 0
        while True:
            with torch.enable_grad():
                generator(value)
                now = _enlarged(seen[layer] / spread, (height, width))
            if taken:
                at = _tracked(now.detach(), at, known, near, around)
            unlike = _unlike(now.detach(), goal, known, around) / at_first.clamp(min=FLAT**2)
            moved = tuple(replace(handle, at=(x, y)) for handle, (x, y) in zip(handles, at.tolist(), strict=True))
            found = Dragged(value.detach(), moved, taken, pace, tuple(unlike.tolist()))
            if taken == steps or found.arrived:
                return found
            with torch.enable_grad():
                loss = _motion(now, at, goal, known, around)
                if free is not None:
                    loss = loss + hold * ((now - was).square().sum(1) * ~free.to(now.device)).mean()
                (slope,) = torch.autograd.grad(loss, value)
            if not (length := slope.norm()) > 0:
                return found
            pace = MEMORY * pace + slope / length
            value = within(value.detach() - stride * pace / pace.norm().clamp(min=1)).requires_grad_()
            taken += 1


def near_ways(handles: Sequence[Handle], size: Sequence[int]) -> Tensor:
    """(H, W) of ``size``, true where a pixel is near the way of a handle, which is straight: what a drag may change."""
    height, width = size
    rows, columns = torch.meshgrid(torch.arange(float(height)), torch.arange(float(width)), indexing="ij")
    pixels = torch.stack((columns, rows), dim=2)
    near = torch.zeros(height, width, dtype=torch.bool)
    for handle in handles:
        begin, end = torch.tensor(handle.origin), torch.tensor(handle.target)
        way = end - begin
        share = ((pixels - begin) @ way / way.square().sum().clamp(min=1)).clamp(0, 1)
        near |= (pixels - begin - share[..., None] * way).norm(dim=2) <= min(height, width) / ROOM
    return near


def drag_layer(generator: nn.Module, latents: Tensor) -> str:
    """The first layer whose maps have at least half the image's side, from which handles are told apart.

    Deeper ones see larger things and fewer places. ``latents`` are (N, ...). ValueError where no layer has such maps.
    """
    found = default_layers(generator, latents)
    with at_rest(generator), record(generator, found) as seen:
        side = generator(latents[:1]).shape[2]
        if (fine := next((name for name in found if 2 * seen[name].shape[2] >= side), None)) is not None:
            return fine
    raise ValueError("this generator has no layer with maps of at least half its image's side, so nothing tells places")


def _motion(now: Tensor, at: Tensor, goal: Tensor, known: Tensor, around: Tensor) -> Tensor:
    """What was ``known`` (K, M, C) of each handle (K, 2) is to be found a step nearer to its goal (K, 2)."""
    way = goal - at
    ahead = way * (AHEAD / way.norm(dim=1, keepdim=True).clamp(min=AHEAD))  # the last step is not too long
    return _unlike(now, at + ahead, known, around).mean()


def _unlike(now: Tensor, places: Tensor, known: Tensor, around: Tensor) -> Tensor:
    """(K,): the mean squared distance of what is around places (K, 2) from what is ``known`` (K, M, C)."""
    return (_sampled(now, places[:, None] + around) - known).square().sum(2).mean(1)


def _tracked(now: Tensor, at: Tensor, known: Tensor, near: Tensor, around: Tensor) -> Tensor:
    """Where in the window around each handle (K, 2) what surrounds it is nearest to what was ``known`` (K, M, C)."""
    places = at[:, None] + near  # (K, W, 2)
    apart = (_sampled(now, places[:, :, None] + around) - known[:, None]).square().sum(3).mean(2)
    edge = torch.tensor([now.shape[3] - 1, now.shape[2] - 1]).to(now)
    outside = ((places < 0) | (places > edge)).any(2)
    best = apart.masked_fill(outside, torch.inf).argmin(1)  # of equals the nearest: the window begins in its middle
    return places[torch.arange(len(at)), best]


def _sampled(maps: Tensor, places: Tensor) -> Tensor:
    """The features (..., C) of ``maps`` (1, C, H, W) at ``places`` (..., 2) in pixels, x first, between cells too."""
    size = torch.tensor([maps.shape[3], maps.shape[2]]).to(maps)
    grid = ((2 * places + 1) / size - 1).reshape(1, 1, -1, 2)
    found = F.grid_sample(maps, grid, padding_mode="border", align_corners=False)[0, :, 0]  # (C, M)
    return found.T.reshape(*places.shape[:-1], maps.shape[1])


def _disc(radius: int) -> Tensor:
    """The steps (M, 2) to all pixels within ``radius``, the nearest first."""
    line = torch.arange(-radius, radius + 1)
    steps = torch.stack(torch.meshgrid(line, line, indexing="ij"), dim=2).reshape(-1, 2)
    lengths = steps.square().sum(1)
    order = lengths.argsort(stable=True)
    return steps[order][lengths[order] <= radius**2]


def _enlarged(maps: Tensor, size: tuple[int, int]) -> Tensor:
    return F.interpolate(maps, size=size, mode="bilinear", align_corners=False)


def _require_inside(handle: Handle, width: int, height: int) -> None:
    for x, y in (handle.origin, handle.place, handle.target):
        if not (0 <= x <= width - 1 and 0 <= y <= height - 1):
            raise ValueError(f"expected places inside the image of {width} x {height} pixels, got ({x:g}, {y:g})")
