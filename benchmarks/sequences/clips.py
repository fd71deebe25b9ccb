"""The clips that films and predictions are measured on: for a seed those to learn from, and those held out."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from core_gans.data import Examples, as_float, load
from core_gans.data.scenes import draw_many
from core_gans.foundation.errors import LabError

SIZE, FRAMES, CLIPS, HELD = 32, 8, 1_000, 200  # of drawn clips
BRIGHTEST = 0.6  # of still pictures
SCENES = 10_000  # the first seed of drawn ones
REAL = "video_clips_64.npz"


def digits(seed: int) -> tuple[Examples, Examples]:
    """Moving digits, and others that are held out."""
    learned = load("moving_digits", size=SIZE, frames=FRAMES, count=CLIPS, seed=2 * seed)
    return learned, load("moving_digits", size=SIZE, frames=FRAMES, count=HELD, seed=2 * seed + 1)


def digits_before_stills(seed: int) -> tuple[Examples, Examples]:
    """The same, each before a smooth picture of its own that stands still."""
    learned, held = digits(seed)
    return before_stills(learned, 2 * seed), before_stills(held, 2 * seed + 1)


def before_stills(clips: Examples, seed: int) -> Examples:
    """Clips of white things over black before smooth pictures."""
    coarse = torch.rand(len(clips), 1, 4, 4, generator=torch.Generator().manual_seed(seed))
    return before(clips, F.interpolate(coarse, clips.shape[-2:], mode="bilinear"))


def digits_before_scenes(seed: int) -> tuple[Examples, Examples]:
    """Moving digits, and others that are held out, each before a grey drawn scene of its own that stands still."""
    learned, held = digits(seed)
    return before_scenes(learned, 2 * seed), before_scenes(held, 2 * seed + 1)


def before_scenes(clips: Examples, seed: int) -> Examples:
    """Clips of white things over black before drawn scenes."""
    drawn = torch.from_numpy(draw_many(len(clips), SIZE, seed=SCENES + seed).images)
    return before(clips, drawn.float().mean(3).unsqueeze(1) / 255)


def before(clips: Examples, stills: Tensor) -> Examples:
    """Clips (N, 1, T, H, W) of white things over black before ``stills`` (N, 1, H, W) in [0, 1] at 60 %."""
    ink = as_float(clips.images) / 2 + 0.5
    still = stills.unsqueeze(2) * BRIGHTEST
    return replace(clips, images=(torch.lerp(still, torch.ones(()), ink) * 255).round().to(torch.uint8))


def scenes(seed: int) -> tuple[Examples, Examples]:
    """Moving scenes; fewer, since they take longer to draw."""
    learned = load("moving_scenes", size=SIZE, frames=FRAMES, count=200, seed=2 * seed)
    return learned, load("moving_scenes", size=SIZE, frames=FRAMES, count=40, seed=2 * seed + 1)


def real(seed: int) -> tuple[Examples, Examples]:
    """Real clips of 18 places; of each place that has several clips, those that begin last are held out."""
    del seed
    folder = os.environ.get("GANLAB_DATA")
    if folder is None:
        raise LabError(f"real clips lie in {REAL} of the folder that GANLAB_DATA names.")
    clips = load(Path(folder, REAL), size=SIZE, frames=FRAMES, takes=("clips",))
    assert clips.labels is not None
    held = []
    for label in clips.labels.unique():
        places = (clips.labels == label).nonzero()[:, 0]
        held += places[len(places) - len(places) // 5 :].tolist()
    left = sorted(set(range(len(clips))) - set(held))
    return clips.part(torch.tensor(left)), clips.part(torch.tensor(held))
