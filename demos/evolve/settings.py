"""What each data set is evolved with here: small networks that show something within a minute or a few."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from core_gans.point_presets import points_fields
from core_gans.session import Options


@dataclass(frozen=True)
class Setting:
    """A variant with its fields, the options of a run, and what suits E-GAN there."""

    variant: str
    fields: Mapping[str, Any]
    options: Options
    gamma: float  # the weight of diversity
    seconds: float  # enough to see something on one core
    judge_every: int  # generations between two judgements that the page shows
    kinds: int  # modes or classes that there are to cover; 0 where nobody can tell
    about: str


def bf16_is_fast() -> bool:
    """Whether this processor multiplies in bfloat16 by itself; elsewhere it would be slower than float32."""
    return torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()


SETTINGS: dict[str, Setting] = {
    "ring": Setting(
        "gan",
        # At 1e-3 the ring is found sooner, and most of it is lost again within a minute.
        {"width": 128, "latent": 8, "rate": 3e-4},
        Options(data="ring", batch=256, average=0.99, samples_every=1_000),
        0.05,
        90.0,
        200,
        8,
        "Eight small clouds of points on a circle: a generator that loses some of them is easily caught.",
    ),
    "grid": Setting(
        "gan",
        # Waves tell neighbouring modes apart; nobody knows how many rounds the seconds will be, so no rate falls.
        {**points_fields("gan", "grid"), "fall_rounds": 0},
        Options(data="grid", batch=256, average=0.99, samples_every=1_000),
        0.05,
        120.0,
        200,
        25,
        "Twenty-five clouds of points on a grid: harder to cover without losing some of them.",
    ),
    "digits": Setting(
        "dcgan",
        # Readable in a minute and a half on two cores: a narrow network, and a short memory of the weights.
        {"width": 32, "rate": 5e-4},
        Options(data="digits", batch=32, average=0.993, samples_every=200, bf16=bf16_is_fast(), channels_last=True),
        0.01,
        120.0,
        150,
        10,
        "1,797 handwritten digits at 32 × 32 pixels. They can be read after about a minute.",
    ),
    "scenes": Setting(
        "dcgan",
        {"width": 32, "rate": 4e-4, "upsampling": "resize"},
        Options(
            data="scenes",
            size=32,
            count=1_500,
            batch=32,
            average=0.995,
            samples_every=200,
            bf16=bf16_is_fast(),
            channels_last=True,
        ),
        0.01,
        240.0,
        200,
        0,
        "Drawn landscapes at 32 × 32 pixels. A few minutes give sky, meadow and the first houses.",
    ),
}
