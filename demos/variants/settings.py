"""What each variant is tried with: networks that show something in twenty seconds of one core.

Points have the settings of comparisons (``core_gans.recipes``). On images the networks are narrow, and what takes
five steps of the discriminator in the papers takes two: in so short a time, rounds are worth more than exact critics.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from core_gans.data import KNOWN, DataSet, Examples
from core_gans.foundation.errors import LabError
from core_gans.game import NoiseGame
from core_gans.recipes import points_fields
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


IMAGES: dict[str, Any] = {"width": 16, "rate": 5e-4}
IMAGES_SPECIAL: dict[str, dict[str, Any]] = {
    "gan": {"family": "dcgan", "depth": 3, "normalisation": "batch"},  # maxout of 240 units learns little by then
    "wgan": {"discriminator_steps": 2, "clip": 0.03},
    "wgan_gp": {"discriminator_steps": 2, "normalisation": "instance"},
    "hinge": {"discriminator_steps": 2},
    "progan": {"rate": 1e-3, "latent": 100, "stage_rounds": 60},
    "lapgan": {"width": 32},
}


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
        chosen = {**IMAGES, **IMAGES_SPECIAL.get(variant, {})}
    fields = defaults | {name: value for name, value in chosen.items() if name in defaults}
    made = make(variant, **with_data(fields, data))
    if not isinstance(made, NoiseGame):
        raise LabError(f"{variant} draws from no latents, so it has no samples to show.")
    return made
