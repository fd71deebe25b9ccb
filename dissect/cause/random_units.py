"""The control of every experiment with units: as many others of the same layer, drawn at random."""

from __future__ import annotations

from collections.abc import Sequence

import torch


def random_units(units: Sequence[int], count: int, rng: torch.Generator) -> list[int]:
    """As many units of a layer of ``count`` as ``units``, none of these; all the others where they are fewer.

    Raises ValueError where there are no others, and for ``units`` that the layer does not have.
    """
    if foreign := [unit for unit in units if not 0 <= unit < count]:
        raise ValueError(f"the layer has the units 0 to {count - 1}, got {foreign}")
    taken = set(units)
    others = [unit for unit in range(count) if unit not in taken]
    if not others:
        raise ValueError("all units of the layer were chosen: leave some for the random control")
    return [others[place] for place in torch.randperm(len(others), generator=rng)[: len(units)].tolist()]
