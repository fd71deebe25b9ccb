"""What a mending does: units of one layer or of several, each replaced by a value wholly or in part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core_gans.foundation.counting import how_many
from dissect.hooks import Edit
from dissect.mending.folding import fold, replaced


@dataclass(frozen=True)
class Ablation:
    """``units`` of one layer, each replaced by its value by a ``strength`` above 0 to 1; 1 ablates them."""

    layer: str
    units: tuple[int, ...]
    values: tuple[float, ...]
    strength: float = 1.0

    @classmethod
    def towards(cls, layer: str, units: Sequence[int], values: Tensor, strength: float = 1.0) -> Ablation:
        """``units`` replaced by theirs of the ``values`` (U,) of all units of the layer."""
        units = [int(unit) for unit in units]
        return cls(layer, tuple(units), tuple(values[units].tolist()), strength)

    def edit(self) -> Edit:
        """It, as an edit of the layer. ValueError for a strength outside of (0, 1]."""
        return replaced(self.units, torch.tensor(self.values), self.strength)

    def __str__(self) -> str:
        """In words: ``3 units of block8``, ``3 units of block8 by 50%``."""
        by = "" if self.strength == 1 else f" by {self.strength:.0%}"
        return f"{how_many(len(self.units), 'unit')} of {self.layer}{by}"


def edits_of(ablations: Sequence[Ablation]) -> Mapping[str, Edit]:
    """All of them at once, for ``intervene``; ValueError for a layer that is named twice."""
    layers = [ablation.layer for ablation in ablations]
    if len(set(layers)) != len(layers):
        raise ValueError(f"a layer is named twice: {', '.join(layers)}; give all units of a layer in one ablation")
    return {ablation.layer: ablation.edit() for ablation in ablations}


def folded(generator: nn.Module, ablations: Sequence[Ablation], example: Tensor) -> nn.Module:
    """A copy of ``generator`` with all ``ablations``, by :func:`fold`; ``example`` are latents (N, ...).

    A layer inside another one comes first, as the outer one may be wrapped and its parts then have other names.
    ValueError as there.
    """
    for each in sorted(ablations, key=lambda ablation: -ablation.layer.count(".")):
        generator = fold(generator, each.layer, each.units, each.values, example, each.strength)
    return generator
