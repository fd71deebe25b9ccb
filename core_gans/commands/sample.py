"""``python -m core_gans sample``: samples of a run or a model file, as a picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
import tyro
from rich.console import Console
from torch import Tensor

from core_gans import models
from core_gans.foundation.errors import LabError
from core_gans.foundation.pixels import write_png
from core_gans.foundation.seeds import require_seed
from core_gans.foundation.sheets import cloud, sheet
from core_gans.game import Game
from core_gans.variants import TextToImage


@dataclass(frozen=True)
class Sample:
    """Draw samples from a run or a model file into a PNG."""

    source: tyro.conf.Positional[Path]
    """A run's folder or a model file."""
    count: int = 64
    """How many samples."""
    seed: int = 0
    """Of the latents."""
    text: str | None = None
    """What to draw, as "a house with a red roof and two trees at sunset"; for models that learned from captions."""
    out: Path = Path("samples.png")
    """The picture; an existing one is kept."""

    def run(self, console: Console) -> None:
        """Draw and write."""
        if self.count < 1:
            raise ValueError(f"expected at least one sample, got --count {self.count}.")
        require_seed(self.seed)
        if self.out.exists():
            raise FileExistsError(f"{self.out} exists already and is kept: choose another name with --out.")
        model = models.open_model(self.source)
        rng = torch.Generator().manual_seed(self.seed)
        samples = model.game.sample({"generator": model.net}, self.count, rng, _asked(model.game, self))
        write_png(self.out, cloud(samples) if samples.dim() == 2 else sheet(samples))
        if told := models.hardly_learned(model):
            console.print(told, highlight=False, soft_wrap=True)
        console.print(f"{self.count} samples: {self.out}", highlight=False, soft_wrap=True)


def _asked(game: Game, command: Sample) -> Tensor | None:
    """The text that is asked for, once for each sample, as the game's latents take it."""
    if command.text is None:
        return None
    if not isinstance(game, TextToImage):
        raise LabError(
            f"{command.source} is of {game.name}, which knows no text: leave --text out, or give a run or a model of "
            "text_to_image."
        )
    return game.tokens([command.text] * command.count)
