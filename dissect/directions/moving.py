"""A direction, and moving along it: in the latent space, or in the space of a layer's units.

Härkönen et al. 2020, GANSpace, section 2: an image of the latent z is edited into generator(z + s u), with the
direction u and the strength s. The units of a layer are moved likewise: every cell x (U,) of its output becomes
x + s u.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor, nn

from dissect.edits import shift
from dissect.hooks import Edit, at_rest, intervene
from dissect.sampling import generate


class Direction(Protocol):
    """What can be walked along: images at any strength, and random directions to compare it with."""

    @property
    def name(self) -> str:
        """What it is called in pictures and tables."""
        ...

    @property
    def place(self) -> str:
        """Where it lives: ``latents`` or the name of a layer."""
        ...

    @property
    def vector(self) -> Tensor:
        """One step, what is added at strength 1: of the shape of one latent, or (U,) of a layer's units."""
        ...

    @property
    def facts(self) -> Mapping[str, float]:
        """What its method measured of it, by name."""
        ...

    def images(self, generator: nn.Module, latents: Tensor, strength: float) -> Tensor:
        """The images (N, C, H, W) of ``latents`` (N, ...), moved ``strength`` steps.

        ValueError where it does not fit the generator.
        """
        ...

    def random(self, rng: torch.Generator) -> "Direction":
        """A direction of the same place and length, uniform on the sphere. ``rng`` is on the CPU."""
        ...


@dataclass(frozen=True, eq=False)
class LatentDirection:
    """A direction of the latent space. The directions found here have length 1: one deviation of a normal latent."""

    name: str
    vector: Tensor  # of the shape of one latent
    facts: Mapping[str, float] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """The latents."""
        return "latents"

    def moved(self, latents: Tensor, strength: float) -> Tensor:
        """``latents`` (N, ...), moved ``strength`` steps. ValueError when the direction is of another size."""
        if latents.shape[1:] != self.vector.shape:
            raise ValueError(
                f"the direction {self.name!r} moves latents of shape {tuple(self.vector.shape)}, got latents of shape "
                f"{tuple(latents.shape[1:])}: it was found for another generator"
            )
        return latents + strength * self.vector.to(latents)

    def images(self, generator: nn.Module, latents: Tensor, strength: float) -> Tensor:
        """The images (N, C, H, W) of latents moved ``strength`` lengths. ValueError for latents of another shape."""
        with at_rest(generator):
            return generate(generator, self.moved(latents, strength))

    def random(self, rng: torch.Generator) -> "LatentDirection":
        """A latent direction of the same length."""
        return LatentDirection("random", _of_length(self.vector, rng))


@dataclass(frozen=True, eq=False)
class UnitDirection:
    """A direction of the space of a layer's units: a step adds ``vector`` (U,) to every cell of the layer."""

    name: str
    layer: str
    vector: Tensor  # (U,)
    facts: Mapping[str, float] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """The layer."""
        return self.layer

    def edit(self, strength: float, mask: Tensor | None = None) -> Edit:
        """The step, ``strength`` times, as an edit for :func:`dissect.intervene`.

        ``mask``: where, in [0, 1], (H, W) or (N, H, W). ValueError for another mask.
        """
        return shift(range(len(self.vector)), strength * self.vector, mask)

    def images(self, generator: nn.Module, latents: Tensor, strength: float) -> Tensor:
        """The images (N, C, H, W) of ``latents``, with the layer moved ``strength`` steps on the way.

        ValueError where the layer does not fit.
        """
        with at_rest(generator), intervene(generator, {self.layer: self.edit(strength)}):
            return generate(generator, latents)

    def random(self, rng: torch.Generator) -> "UnitDirection":
        """A direction of the same layer and length."""
        return UnitDirection("random", self.layer, _of_length(self.vector, rng))


def _of_length(vector: Tensor, rng: torch.Generator) -> Tensor:
    drawn = torch.randn(vector.shape, generator=rng)
    return (drawn / drawn.norm()).to(vector) * vector.norm()


def continuous(latents: Tensor) -> Tensor:
    """Which numbers of latents (N, ...) a direction may move, bool (...): not those of a class that they carry.

    These are the same in all of ``latents``, or a whole number in each. All, where no others are left.
    """
    found = ((latents != latents.round()).any(0)) & (latents != latents[0]).any(0)
    return found if bool(found.any()) else torch.ones_like(found)
