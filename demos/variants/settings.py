"""What each variant is tried with: networks that show something in twenty seconds of one core.

Those of the recipes (``core_gans.recipes``), without rates that fall and with a shorter memory of the weights.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from core_gans.data import KNOWN, DataSet, Examples
from core_gans.foundation.errors import LabError
from core_gans.game import NoiseGame
from core_gans.recipes import kind_of, points_fields, recipe_fields
from core_gans.session import with_data
from core_gans.variants import VARIANTS, make

DATA: dict[str, DataSet] = {data.name: data for data in KNOWN.values() if data.quick}
"""The data sets on which twenty seconds show something, by name."""


@dataclass(frozen=True)
class Numbers:
    """Of a training on points, or on images."""

    batch: int
    count: int | None  # points drawn
    average: float  # of the generator's weights, as far as so few rounds allow
    judged: int  # samples


def numbers(points: bool) -> Numbers:
    """The numbers of a training on points, or on images."""
    return Numbers(64, 20_000, 0.998, 1_000) if points else Numbers(32, None, 0.98, 200)


SHORT: dict[str, dict[str, Any]] = {"progan": {"stage_rounds": 60}}
"""What a variant takes in place of its recipe, because the time is short."""


def examples(name: str) -> Examples:
    """The data set called ``name``, out of ``DATA``."""
    data = DATA[name]
    return data.load(count=numbers(data.points).count)


def game(variant: str, data: Examples) -> NoiseGame:
    """The game to try ``variant`` on ``data`` with. LabError where the two do not go together."""
    kind = VARIANTS[variant]
    defaults = {field.name: field.default for field in dataclasses.fields(kind)}
    if len(data.shape) == 1:
        chosen = {**points_fields(variant, KNOWN[data.name].fields), "fall_rounds": 0}
    else:
        chosen = {**recipe_fields(variant, kind_of(data.shape)), **SHORT.get(variant, {})}
    fields = defaults | {name: value for name, value in chosen.items() if name in defaults}
    made = make(variant, **with_data(fields, data))
    if not isinstance(made, NoiseGame):
        raise LabError(f"{variant} draws from no latents, so it has no samples to show.")
    return made
