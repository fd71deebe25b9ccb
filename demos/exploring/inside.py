"""What reaches into a generator's layers: styles mixed, directions in some of them, their maps, points dragged."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import torch
from torch import Tensor, nn

from core_gans.foundation.names import require_known
from core_gans.foundation.pixels import Pictures
from demos.exploring.makeup import Makeup
from dissect.dragging import Dragged, Handle, drag, drag_layer, near_ways
from dissect.generators import default_layers
from dissect.mixing import layered, mixed
from dissect.report.map_film import map_film

MIXED = 8  # layers in which a style may begin, at most


class Inside:
    """The layers of ``net``, each time of a copy: others draw with it. It makes images (C, H, W) of ``shape``.

    ``example`` is one latent of the network's own shape (1, ...); ``bounded`` are those that lie in [-1, 1].
    """

    def __init__(self, net: nn.Module, makeup: Makeup, example: Tensor, shape: Sequence[int], *, bounded: bool) -> None:
        self._net, self._makeup, self._example = net, makeup, example
        self._shape, self._bounded = shape, bounded

    @cached_property
    def layers(self) -> tuple[str, ...]:
        """The layers in which a style may begin, from the latent on; none where the generator makes points."""
        return tuple(default_layers(copy.deepcopy(self._net), self._example)[:MIXED])

    @cached_property
    def drag_layer(self) -> str | None:
        """The layer whose features tell a dragged point; None where none has maps that are fine enough."""
        if not self.layers:
            return None
        try:
            return drag_layer(copy.deepcopy(self._net), self._example)
        except ValueError:
            return None

    def mixes(self, content: Tensor, style: Tensor) -> Tensor:
        """``content`` (1, size) in the style of ``style`` from each of ``layers`` on; the last one without it."""
        net = copy.deepcopy(self._net)
        ends = [self.layers[place:] for place in range(len(self.layers) + 1)]
        return torch.cat([mixed(net, self._shaped(content), self._shaped(style), layers) for layers in ends])

    def moved(self, latent: Tensor, parts: Sequence[tuple[Tensor, tuple[int, int]]]) -> Tensor:
        """The picture of ``latent`` (1, size), with steps (size,) that move the layers from one to another alone.

        Layers are meant by their places in ``layers``. ValueError for a range that does not lie in them.
        """
        for _, (first, last) in parts:
            if not first <= last < len(self.layers):
                what = f"from 0 to {len(self.layers) - 1}" if self.layers else "that this model lacks"
                raise ValueError(f"expected a range of layers {what}, the first one first, got {first} to {last}.")
        styles: dict[str, Tensor] = {}
        known: dict[frozenset[int], Tensor] = {}  # layers that the same steps move share a latent
        for place, layer in enumerate(self.layers):
            moving = frozenset(n for n, (_, (first, last)) in enumerate(parts) if first <= place <= last)
            if moving:
                total = sum((parts[n][0] for n in sorted(moving)), start=torch.zeros_like(latent))
                styles[layer] = known.setdefault(moving, self._shaped(latent + total))
        return layered(copy.deepcopy(self._net), self._shaped(latent), styles)

    def maps(self, latents: Tensor, layer: str) -> Pictures:
        """A film (N, H, W, 3) of the maps of ``layer``, beside what the generator draws of ``latents`` (N, size).

        ValueError for a layer without maps.
        """
        require_known("layer with maps", layer, self.layers)
        return map_film(copy.deepcopy(self._net), self._shaped(latents), layer)

    def dragged(
        self, begin: Tensor, now: Tensor, pace: Tensor | None, handles: Sequence[Handle], steps: int, *, hold: bool
    ) -> Dragged:
        """``steps`` on from the latent ``now`` (1, size) to the targets of handles, set in the picture of ``begin``.

        It goes on with the ``pace`` (1, size) that it had, if any. The noise of normal latents keeps its length, what
        was asked for stays, and with ``hold`` so does what is far from all ways. Without handles nothing happens.
        ValueError as ``dissect.dragging.drag``, and for a generator without a layer to tell points by.
        """
        if self.drag_layer is None:
            raise ValueError("this generator has no layer whose maps are fine enough to tell points by.")
        if not handles:
            return Dragged(now, (), 0, torch.zeros_like(now), ())
        found = drag(
            copy.deepcopy(self._net),
            self._shaped(begin),
            handles,
            self.drag_layer,
            latent=self._shaped(now),
            pace=None if pace is None else self._shaped(pace),
            steps=steps,
            free=near_ways(handles, self._shape[1:]) if hold else None,
            within=lambda latent: self._shaped(self._allowed(latent.flatten(1), begin)),
        )
        return replace(found, latent=found.latent.flatten(1), pace=found.pace.flatten(1))

    def _allowed(self, latent: Tensor, begin: Tensor) -> Tensor:
        noise, was = latent[:, : self._makeup.noise], begin[:, : self._makeup.noise]
        kept = noise.clamp(-1, 1) if self._bounded else noise * (was.norm() / noise.norm())
        return torch.cat((kept, begin[:, self._makeup.noise :]), dim=1)

    def _shaped(self, latents: Tensor) -> Tensor:
        return latents.view(-1, *self._example.shape[1:])
