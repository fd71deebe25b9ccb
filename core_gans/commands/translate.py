"""``core-gans translate``: a folder of pictures in, a folder of their translations out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
import tyro
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from core_gans import models
from core_gans.foundation.names import unknown_name
from core_gans.foundation.seeds import require_seed
from core_gans.translation.folder import translate_folder


@dataclass(frozen=True)
class Translate:
    """Translate every picture of a folder with a trained game of translation."""

    model: tyro.conf.Positional[Path]
    """A run's folder or a model file of pix2pix, cyclegan or stargan."""
    source: tyro.conf.Positional[Path]
    """The folder of pictures; subfolders are looked through."""
    out: tyro.conf.Positional[Path]
    """The folder of translations, made where it is missing; pictures in it are kept."""
    to: str = ""
    """Name of the domain to translate to; default: the game's first."""
    noise: bool = False
    """Draw with the game's noise, where it has some (pix2pix's dropout)."""
    seed: int = 0
    """Of the noise."""
    skip_broken: bool = False
    """Leave out pictures that cannot be read, and list them in the end."""

    def run(self, console: Console) -> None:
        """Translate, then print how many pictures were translated and what was left out."""
        require_seed(self.seed)
        model = models.open_translator(self.model)
        names = model.game.targets
        if self.to and self.to not in names:
            raise unknown_name("domain of this game", self.to, names)
        target = names.index(self.to) if self.to else 0
        with Progress(
            TextColumn("translating"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console
        ) as bars:
            task = bars.add_task("translating", total=None)
            done = translate_folder(
                model.game,
                model.net,
                self.source,
                self.out,
                target=target,
                rng=torch.Generator().manual_seed(self.seed) if self.noise else None,
                skip_broken=self.skip_broken,
                progress=lambda done, total: bars.update(task, completed=done, total=total),
            )
        if told := models.hardly_learned(model):
            console.print(told, highlight=False, soft_wrap=True)
        for line in done.broken:
            console.print(f"left out: {line}", highlight=False, soft_wrap=True)
        left_out = f", {len(done.broken):,} left out" if done.broken else ""
        console.print(
            f"{len(done.written):,} pictures translated to {names[target]}{left_out}: {self.out}",
            highlight=False,
            soft_wrap=True,
        )
