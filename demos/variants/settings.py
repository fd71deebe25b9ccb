"""What each variant is tried with: networks that show something in twenty seconds of one core.

Points have the settings of comparisons (``core_gans.point_presets``). On digits the networks are narrow, and what takes
five steps of the discriminator in the papers takes two: in so short a time, rounds are worth more than exact critics.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from core_gans import data as datasets
from core_gans.data import Examples
from core_gans.foundation.errors import LabError
from core_gans.game import NoiseGame
from core_gans.point_presets import points_fields
from core_gans.session import with_data
from core_gans.variants import VARIANTS, make

DATA = {
    "ring": "Eight small clouds of points on a circle. A generator that leaves some of them out is caught at once.",
    "digits": "1,797 handwritten digits, 32 × 32 pixels. In twenty seconds most variants draw some that can be read.",
}
"""The data sets by name, with what a person should know of them."""

BATCH = {"ring": 64, "digits": 32}
COUNT = {"ring": 20_000, "digits": None}  # points drawn
AVERAGE = {"ring": 0.998, "digits": 0.98}  # of the generator's weights, as far as so few rounds allow
DIGITS: dict[str, Any] = {"width": 16, "rate": 5e-4}
DIGITS_SPECIAL: dict[str, dict[str, Any]] = {
    "gan": {"family": "dcgan", "depth": 3, "normalisation": "batch"},  # maxout of 240 units learns little by then
    "wgan": {"discriminator_steps": 2, "clip": 0.03},
    "wgan_gp": {"discriminator_steps": 2, "normalisation": "instance"},
    "hinge": {"discriminator_steps": 2},
    "progan": {"rate": 1e-3, "latent": 100, "stage_rounds": 60},
    "lapgan": {"width": 32},
}


def examples(name: str) -> Examples:
    """The data set called ``name``, out of ``DATA``."""
    return datasets.load(name, count=COUNT[name], seed=0)


def game(variant: str, data: Examples) -> NoiseGame:
    """The game to try ``variant`` on ``data`` with. LabError where the two do not go together."""
    kind = VARIANTS[variant]
    defaults = {field.name: field.default for field in dataclasses.fields(kind)}
    if len(data.shape) == 1:
        chosen = {**points_fields(variant, data.name), "fall_rounds": 0}
    else:
        chosen = {**DIGITS, **DIGITS_SPECIAL.get(variant, {})}
    fields = defaults | {name: value for name, value in chosen.items() if name in defaults}
    made = make(variant, **with_data(fields, data))
    if not isinstance(made, NoiseGame):
        raise LabError(f"{variant} draws from no latents, so it has no samples to show.")
    return made
