"""What ``sample`` draws of a driving model: films of dreamt drives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from torch import Tensor

from core_gans import models
from core_gans.data.examples import as_float
from core_gans.data.road.car import RATE
from core_gans.data.road.data_set import drives
from core_gans.foundation.counting import how_many
from core_gans.foundation.errors import LabError
from core_gans.foundation.films import SUFFIXES, write_film
from core_gans.foundation.pixels import Pictures, write_png
from core_gans.foundation.sheets import picture, sheet
from core_gans.game import Batch
from core_gans.models import Model
from core_gans.variants import Driving
from core_gans.variants.driving import SHOWN

NEW = 1 << 20  # between the seeds of drives to learn from and those of new ones
LEAST_WIDTH = 192  # pixels of a drive in a film


def drive_model(path: Path, checkpoint: int | str | None = None) -> Model[Driving] | None:
    """The driving model of a run or of a file; None for other games."""
    model = models.open_answers(path, checkpoint)
    return (
        None if model is None or not isinstance(model.game, Driving) else Model(model.net, model.game, card=model.card)
    )


def new_drives(game: Driving, count: int, seed: int) -> Batch:
    """``count`` drawn drives that no run of a seed below 2^20 has learned from, of the sizes of ``game``."""
    channels, frames, height, width = game.shape
    if channels != 3:
        raise LabError(f"drives are drawn in colour, and this model learned from {channels} channels.")
    found = drives(count, frames, height, width, seed + NEW)
    return Batch(as_float(found.images), other=found.actions)


def write_drives(model: Model[Driving], count: int, seed: int, out: Path, console: Console) -> None:
    """A film (.gif or .mp4) or a sheet (.png) of new drives: true frames above, and what is dreamt of them below.

    FileExistsError for an ``out`` that is there, LabError for one of another kind.
    """
    if out.suffix.lower() not in (*SUFFIXES, ".png"):
        raise LabError(f"expected --out as a .gif, an .mp4 or a .png, got {out}: drives are not written otherwise.")
    if out.exists():
        raise FileExistsError(f"{out} exists already and is kept: choose another name with --out.")
    batch = new_drives(model.game, count, seed)
    assert batch.other is not None
    parts = zip(batch.real.split(SHOWN), batch.other.split(SHOWN), strict=True)
    chance, nets = torch.Generator(), {"generator": model.net}
    shown = torch.cat([model.game.show(nets, Batch(real, other=other), chance) for real, other in parts])
    if out.suffix.lower() == ".png":
        write_png(out, picture(shown))
    else:
        write_film(out, film(shown), RATE)
    if told := models.hardly_learned(model):
        console.print(told, highlight=False, soft_wrap=True)
    told = f"{how_many(len(shown), 'drive')}, above as they were and below as they were dreamt"
    console.print(f"{told} after {how_many(model.game.taught, 'frame')}: {out}", highlight=False, soft_wrap=True)


def film(clips: Tensor) -> Pictures:
    """Clips (N, 3, T, H, W) in [-1, 1] beside each other in one film: (T, h, w, 3) bytes."""
    scale = max(1, LEAST_WIDTH // clips.shape[-1])
    return np.stack([sheet(clips[:, :, frame], scale=scale) for frame in range(clips.shape[2])])
