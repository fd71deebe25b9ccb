"""What each data set is evolved with here: small networks that show something within a minute or a few."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from core_gans.data import KNOWN, DataSet
from core_gans.recipes import points_fields
from core_gans.session import Options
from core_gans.variants import DCGAN, GAN
from egan.options import Evolution
from egan.settings import GAMMA_ON_POINTS


@dataclass(frozen=True)
class Setting:
    """A variant with its fields, the options of a run, and what suits E-GAN there."""

    variant: str
    fields: Mapping[str, Any]
    options: Options
    gamma: float  # the weight of diversity
    seconds: float  # enough to see something on one core
    judge_every: int  # generations between two judgements that the page shows
    kinds: int  # modes or classes that there are to cover; 0 where that is not known
    about: str


def bf16_is_fast() -> bool:
    """Whether this processor multiplies in bfloat16 by itself; elsewhere it would be slower than float32."""
    return torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()


def setting_of(data: DataSet) -> Setting:
    """What ``data`` are evolved with: the data set's own short run, and what suits points or images beside it."""
    run = data.short
    if data.points:
        # Nobody knows how many rounds the seconds will be, so no rate falls.
        fields = dict(run.fields) or {**points_fields(GAN.name, data.fields), "fall_rounds": 0}
        options = Options(data=data.name, count=run.count, batch=256, average=run.average, samples_every=1_000)
    else:
        fields = dict(run.fields) or {"width": 32, "rate": 5e-4}
        options = Options(
            data=data.name,
            size=run.size,
            count=run.count,
            batch=32,
            average=run.average,
            samples_every=200,
            bf16=bf16_is_fast(),
            channels_last=True,
        )
    return Setting(
        GAN.name if data.points else DCGAN.name,
        fields,
        options,
        GAMMA_ON_POINTS if data.points else Evolution().gamma,
        run.seconds,
        run.judge_every,
        data.kinds,
        f"{data.about} {run.about}".strip(),
    )


SETTINGS: dict[str, Setting] = {
    data.name: setting_of(data) for data in KNOWN.values() if data.kind in ("points", "images")
}
