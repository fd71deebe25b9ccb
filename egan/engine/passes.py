"""Forward passes whose changes of the buffers are held back, to be applied or dropped later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from egan.buffers import preserved_buffers

Buffers = dict[str, Tensor]


@contextmanager
def caught_buffers(network: nn.Module, begin: Mapping[str, Tensor] | None = None) -> Iterator[Buffers]:
    """Leave the buffers as they were; after the block, the mapping holds what they would have become.

    They begin at copies of ``begin`` where that is given.
    """
    caught: Buffers = {}
    with preserved_buffers(network):
        if begin:
            grant(network, begin)
        yield caught
        caught.update(network.named_buffers())


@torch.no_grad()
def grant(network: nn.Module, buffers: Mapping[str, Tensor]) -> None:
    """Set the network's buffers to these values."""
    for name, buffer in network.named_buffers():
        buffer.copy_(buffers[name])


@dataclass
class Drawn:
    """Fakes with their graph, as the generator drew them from ``latents``, and what its buffers became by that."""

    latents: Tensor
    fakes: Tensor
    moved: Buffers
    seen: list[tuple[Tensor, int]]  # the generator's tensors and their versions

    def still_holds(self, generator: nn.Module, latents: Tensor) -> bool:
        """Whether the generator, untouched since, would draw the very same from these latents."""
        now = tensors(generator)
        same = len(now) == len(self.seen) and all(
            tensor is before and tensor._version == version
            for tensor, (before, version) in zip(now, self.seen, strict=True)
        )
        return same and self.latents.shape == latents.shape and torch.equal(self.latents, latents)


def draw(generator: nn.Module, latents: Tensor) -> Drawn:
    """The generator's fakes with their graph; its buffers stay as they were."""
    with caught_buffers(generator) as moved:
        fakes = generator(latents)
    return Drawn(latents, fakes, moved, [(tensor, tensor._version) for tensor in tensors(generator)])


def tensors(network: nn.Module) -> list[Tensor]:
    """All parameters and buffers."""
    return [*network.parameters(), *network.buffers()]
