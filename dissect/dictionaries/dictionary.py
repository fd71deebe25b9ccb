"""A dictionary of a layer: every cell (U,) of its maps as a mixture of few of K atoms, each a direction of the units.

Nonnegative matrix factorisation (Lee & Seung 1999): cells are about codes times atoms, both at least 0. Sparse
autoencoders with TopK (Gao et al. 2024, "Scaling and evaluating sparse autoencoders"): a linear encoder, of whose
numbers the ``active`` largest stay, or with JumpReLU (Rajamanoharan et al. 2024) those above their thresholds.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from core_gans.foundation.sealed import read_sealed, write_sealed
from dissect.dictionaries.jump import jump

KIND = "dictionary of units"
STEPS = 60  # of the descent that finds nonnegative codes


class Dictionary(nn.Module, ABC):
    """``K`` features of the units of ``layer``; ``facts`` say how they were found."""

    kind: str
    atoms: Tensor
    """(K, U): what one feature at 1 adds to the units."""

    def __init__(self, layer: str, atoms: Tensor, facts: Mapping[str, str | float] | None = None) -> None:
        super().__init__()
        self.layer, self.facts = layer, dict(facts or {})
        self.register_buffer("atoms", atoms)

    @abstractmethod
    def encode_cells(self, cells: Tensor) -> Tensor:
        """Codes (M, K), at least 0, of cells (M, U)."""

    def decode_cells(self, codes: Tensor) -> Tensor:
        """Cells (M, U) of codes (M, K), but for a constant, which edits do not change."""
        return codes @ self.atoms

    def encode(self, maps: Tensor) -> Tensor:
        """Codes (N, K, h, w) of maps (N, U, h, w). ValueError for maps of another number of units."""
        if maps.shape[1] != self.atoms.shape[1]:
            raise ValueError(
                f"this dictionary is of {self.atoms.shape[1]} units of {self.layer}, and the layer has {maps.shape[1]}"
            )
        codes = self.encode_cells(maps.movedim(1, -1).flatten(0, -2).to(self.atoms))
        return codes.unflatten(0, (len(maps), *maps.shape[2:])).movedim(-1, 1)

    def decode(self, codes: Tensor) -> Tensor:
        """Maps (N, U, h, w) of codes (N, K, h, w), but for a constant."""
        cells = self.decode_cells(codes.movedim(1, -1).flatten(0, -2))
        return cells.unflatten(0, (len(codes), *codes.shape[2:])).movedim(-1, 1)

    def explained(self, cells: Tensor) -> float:
        """The share of the variance of cells (M, U) that codes and atoms explain: 1 is all, NaN is of none."""
        left, whole = ((cells - other).square().sum() for other in (self.rebuilt(cells), cells.mean(0)))
        return 1 - float(left / whole) if whole > 0 else math.nan

    def rebuilt(self, cells: Tensor) -> Tensor:
        """Cells (M, U) as they are made of their codes, with the constant."""
        return self.decode_cells(self.encode_cells(cells))

    def save(self, path: str | Path) -> None:
        """Write it into a sealed file. FileExistsError where there is one."""
        facts = {"kind": KIND, "method": self.kind, "layer": self.layer, "facts": self.facts, **self.settings()}
        write_sealed(path, {name: value.cpu().numpy() for name, value in self.state_dict().items()}, facts)

    def settings(self) -> dict[str, int]:
        """What it takes beside its tensors."""
        return {}


class NonnegativeDictionary(Dictionary):
    """Atoms of NMF. What is below 0 in a layer, of leaky rectifiers, is no part of it and stays as it is."""

    kind = "nmf"

    def encode_cells(self, cells: Tensor) -> Tensor:
        """The codes nearest to the cells' positive part, by accelerated projected descent (Beck & Teboulle 2009)."""
        gram = self.atoms @ self.atoms.T  # (K, K)
        rate = 1 / torch.linalg.matrix_norm(gram, 2).clamp_min(torch.finfo(gram.dtype).tiny)
        wanted = cells.clamp_min(0) @ self.atoms.T
        codes = ahead = torch.zeros_like(wanted)
        speed = 1.0
        for _ in range(STEPS):
            after = (ahead - rate * (ahead @ gram - wanted)).clamp_min(0)
            faster = (1 + (1 + 4 * speed**2) ** 0.5) / 2
            ahead = after + (speed - 1) / faster * (after - codes)
            codes, speed = after, faster
        return codes


class Autoencoder(Dictionary):
    """Numbers are read off a cell by a linear map, and few of them stay."""

    reading: Tensor
    """(U, K): what is read off a cell."""
    offset: Tensor
    """(K,), added to it."""
    centre: Tensor
    """(U,), taken from each cell first, and the constant of what is made."""

    def __init__(
        self,
        layer: str,
        atoms: Tensor,
        reading: Tensor,
        offset: Tensor,
        centre: Tensor,
        facts: Mapping[str, str | float] | None = None,
    ) -> None:
        super().__init__(layer, atoms, facts)
        for name, value in (("reading", reading), ("offset", offset), ("centre", centre)):
            self.register_buffer(name, value)

    @abstractmethod
    def few(self, numbers: Tensor) -> Tensor:
        """Of the numbers (M, K) those that stay, above 0; the others are 0."""

    def encode_cells(self, cells: Tensor) -> Tensor:
        """Codes (M, K) of cells (M, U)."""
        return self.few((cells - self.centre) @ self.reading + self.offset)

    def rebuilt(self, cells: Tensor) -> Tensor:
        """With the centre."""
        return super().rebuilt(cells) + self.centre


class SparseDictionary(Autoencoder):
    """A TopK autoencoder: of a cell's K numbers the ``active`` largest stay, where they are above 0."""

    kind = "topk"

    def __init__(
        self,
        layer: str,
        atoms: Tensor,
        reading: Tensor,
        offset: Tensor,
        centre: Tensor,
        active: int,
        facts: Mapping[str, str | float] | None = None,
    ) -> None:
        super().__init__(layer, atoms, reading, offset, centre, facts)
        self.active = active

    def few(self, numbers: Tensor) -> Tensor:
        """At most ``active`` of each cell."""
        return top_codes(numbers, self.active)

    def settings(self) -> dict[str, int]:
        """How many features are active in a cell, at most."""
        return {"active": self.active}


class JumpDictionary(Autoencoder):
    """A JumpReLU autoencoder: numbers above their feature's own ``threshold`` (K,) stay."""

    kind = "jumprelu"
    threshold: Tensor

    def __init__(
        self,
        layer: str,
        atoms: Tensor,
        reading: Tensor,
        offset: Tensor,
        centre: Tensor,
        threshold: Tensor,
        facts: Mapping[str, str | float] | None = None,
    ) -> None:
        super().__init__(layer, atoms, reading, offset, centre, facts)
        self.register_buffer("threshold", threshold)

    def few(self, numbers: Tensor) -> Tensor:
        """As many of a cell as are above."""
        return jump(numbers, self.threshold)


def top_codes(numbers: Tensor, active: int) -> Tensor:
    """``numbers`` (M, K) of which the ``active`` largest of each row stay, where they are above 0; the others are 0."""
    largest = numbers.topk(active, dim=1)
    return torch.zeros_like(numbers).scatter(1, largest.indices, largest.values.clamp_min(0))


def load_dictionary(path: str | Path) -> Dictionary:
    """The dictionary in a file of :meth:`Dictionary.save`. LabError for a damaged file, ValueError for another one."""
    arrays, told = read_sealed(path)
    if told.get("kind") != KIND:
        raise ValueError(f"{path} holds {told.get('kind', 'something else')!r}, expected {KIND!r}")
    tensors = {name: torch.from_numpy(value) for name, value in arrays.items()}
    if told["method"] == NonnegativeDictionary.kind:
        return NonnegativeDictionary(told["layer"], tensors["atoms"], told["facts"])
    if told["method"] == JumpDictionary.kind:
        return JumpDictionary(told["layer"], **tensors, facts=told["facts"])
    return SparseDictionary(told["layer"], **tensors, active=told["active"], facts=told["facts"])
