"""Small data, small games and the comparison of states, for tests that play."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from core_gans.data import Batches, Examples
from core_gans.data.points import ring
from core_gans.game import Game
from core_gans.variants import make, variant

SMALL = {"latent": 3, "width": 4, "depth": 2, "code": 3, "scales": 2}


def chance(seed: int = 0) -> torch.Generator:
    """Chance of a test's own, where the fixture ``rng`` would be needed twice, with another seed, or out of a test."""
    return torch.Generator().manual_seed(seed)


def points(count: int = 50, seed: int = 0) -> Examples:
    """The ring of eight modes."""
    return ring(count, torch.Generator().manual_seed(seed))


def pictures(count: int = 20, size: int = 16, seed: int = 0) -> Examples:
    """Grey pictures of noise, with two classes."""
    rng = torch.Generator().manual_seed(seed)
    images = torch.randint(0, 256, (count, 1, size, size), generator=rng).byte()
    return Examples("noise", images, torch.arange(count) % 2, ("even", "odd"))


def clips(count: int = 20, frames: int = 6, size: int = 16, seed: int = 0) -> Examples:
    """Grey clips of noise, with two classes."""
    rng = torch.Generator().manual_seed(seed)
    noise = torch.randint(0, 256, (count, 1, frames, size, size), generator=rng).byte()
    return Examples("noise in time", noise, torch.arange(count) % 2, ("even", "odd"))


def small(name: str, examples: Examples, **fields: Any) -> Game:
    """The variant ``name`` for ``examples``, as small as its fields allow; dcgan for pictures, mlp for points.

    A variant whose discriminator must be an autoencoder keeps it.
    """
    kinds = {field.name: field.default for field in dataclasses.fields(variant(name))}
    known = kinds.keys()
    family = "mlp" if len(examples.shape) == 1 else "dcgan"
    if kinds.get("family") == "autoencoder":
        family = "autoencoder"
    wanted = SMALL | {"shape": examples.shape, "family": family} | fields
    return make(name, **{field: value for field, value in wanted.items() if field in known or field in fields})


def batches(examples: Examples, size: int = 8, seed: int = 0) -> Batches:
    return Batches(examples, size, seed)


def weights(network: nn.Module) -> list[Tensor]:
    """Copies of the network's parameters."""
    return [parameter.detach().clone() for parameter in network.parameters()]


def all_equal(ones: list[Tensor], others: list[Tensor]) -> bool:
    """Whether all tensors are the same to the bit."""
    return all(torch.equal(one, other) for one, other in zip(ones, others, strict=True))


def differences(one: Any, other: Any, path: str = "") -> list[str]:
    """Paths at which two nested states differ, to the bit; NaN equals NaN, and ``seconds`` may differ."""
    return list(_differences(one, other, path))


def _differences(one: Any, other: Any, path: str) -> Iterator[str]:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in {**one, **other}:
            if key == "seconds":
                continue
            if key in one and key in other:
                yield from _differences(one[key], other[key], f"{path}/{key}")
            else:
                yield f"{path}/{key}"
    elif isinstance(one, list | tuple) and isinstance(other, list | tuple):
        if len(one) != len(other):
            yield f"{path}: {len(one)} and {len(other)} items"
        for index, (left, right) in enumerate(zip(one, other, strict=False)):
            yield from _differences(left, right, f"{path}/{index}")
    elif isinstance(one, Tensor) and isinstance(other, Tensor):
        if one.dtype != other.dtype or one.shape != other.shape or not torch.equal(_bits(one), _bits(other)):
            yield path
    elif not (one == other or (one != one and other != other)):
        yield path


def _bits(tensor: Tensor) -> Tensor:
    return tensor.contiguous().flatten().view(torch.uint8)
