"""``core-gans predict``: how a clip goes on, by a trained video prediction."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
import tyro
from rich.console import Console

from core_gans import models
from core_gans.data.clips.files import read_frames
from core_gans.data.examples import as_float
from core_gans.data.frame import Frame
from core_gans.foundation.counting import how_many
from core_gans.foundation.errors import LabError
from core_gans.foundation.films import SUFFIXES, write_film
from core_gans.foundation.pixels import to_bytes, write_png
from core_gans.foundation.sheets import sheet
from core_gans.variants import VideoPrediction

LEAST = 128  # pixels of a film's height: smaller frames are enlarged, not smoothed


@dataclass(frozen=True)
class Predict:
    """Continue a clip: its last frames, and behind them those that are predicted, each from those before it."""

    source: tyro.conf.Positional[Path]
    """A run's folder or a model file of video_prediction."""
    clip: tyro.conf.Positional[Path]
    """A video, a GIF, or a folder of pictures in the order of their names."""
    frames: int = 8
    """How many frames to predict."""
    out: Path = Path("predicted.gif")
    """A .gif or .mp4, or a .png with the frames beside each other. Nothing that exists is replaced."""

    def run(self, console: Console) -> None:
        """Predict and write."""
        if self.frames < 1:
            raise ValueError(f"expected at least one frame to predict, got --frames {self.frames}.")
        if self.out.exists():
            raise FileExistsError(f"{self.out} exists already and is kept: choose another name with --out.")
        if self.out.suffix.lower() not in (*SUFFIXES, ".png"):
            raise LabError(f"expected --out as a .gif, .mp4 or .png, got {self.out}.")
        model = models.open_answering(self.source)
        game = model.game
        if not isinstance(game, VideoPrediction):
            raise LabError(
                f"{self.source} is of {game.name}, which continues no clips: give a run of video_prediction."
            )
        colours, _, height, width = game.shape
        frames = read_frames(self.clip, Frame(height, width, colours))
        if len(frames) < game.given:
            raise LabError(
                f"{self.clip} has {how_many(len(frames), 'frame')}, and this model needs {game.given} to go on from."
            )
        last = torch.from_numpy(frames[-game.given :]).reshape(game.given, height, width, colours)
        clip = as_float(last).permute(3, 0, 1, 2)[None]  # (1, C, given, H, W)
        whole = torch.cat((clip, game.predict({"generator": model.net}, clip, self.frames)), dim=2)
        pictures = whole[0].transpose(0, 1)
        if self.out.suffix.lower() == ".png":
            write_png(self.out, sheet(pictures, len(pictures), max(1, LEAST // height)))
        else:
            scale = max(1, LEAST // height)
            write_film(self.out, to_bytes(pictures).repeat(scale, axis=1).repeat(scale, axis=2))
        if told := models.hardly_learned(model):
            console.print(told, highlight=False, soft_wrap=True)
        console.print(
            f"{how_many(game.given, 'frame')} given and {self.frames} predicted: {self.out}",
            highlight=False,
            soft_wrap=True,
        )
