"""``core-gans translate``: a folder of pictures, or a file of sentences, in; their translations out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import torch
import tyro
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from core_gans import models
from core_gans.foundation.counting import how_many
from core_gans.foundation.errors import LabError
from core_gans.foundation.names import unknown_name
from core_gans.foundation.seeds import require_seed
from core_gans.games.texts import SentenceTranslation, TextGame
from core_gans.texts.line_by_line import translate_lines, unknown_told
from core_gans.translation.folder import translate_folder


@dataclass(frozen=True)
class Translate:
    """Translate every picture of a folder, or every line of a file, with a trained game of translation."""

    model: tyro.conf.Positional[Path]
    """A run's folder or a model file of pix2pix, cyclegan or stargan; of nmt, for sentences."""
    source: tyro.conf.Positional[Path | None] = None
    """The folder of pictures; subfolders are looked through. For nmt, the text file, a sentence a line."""
    out: tyro.conf.Positional[Path | None] = None
    """The folder of translations, made where it is missing; pictures in it are kept. For nmt, a new text file."""
    text: str | None = None
    """For nmt: a sentence to translate and print, in place of a file."""
    beams: int = 1
    """For nmt: beginnings that are kept while the likeliest translation is looked for; 1 is word by word."""
    to: str = ""
    """Name of the domain to translate to; default: the game's first."""
    noise: bool = False
    """Draw with the game's noise, where it has some (pix2pix's dropout)."""
    seed: int = 0
    """Of the noise."""
    skip_broken: bool = False
    """Leave out pictures that cannot be read, and list them in the end; leave too long lines empty."""

    def run(self, console: Console) -> None:
        """Translate, then print how many pictures were translated and what was left out."""
        require_seed(self.seed)
        if (reader := models.open_texts(self.model)) is not None:
            self._sentences(reader, console)
            return
        if self.text is not None or self.beams != 1:
            raise LabError("--text and --beams are for sentences: give a run or a model of nmt.")
        model = models.open_translator(self.model)
        if self.source is None or self.out is None:
            raise LabError("expected MODEL, the folder of pictures, and the folder of translations.")
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
            f"{how_many(len(done.written), 'picture')} translated to {names[target]}{left_out}: {self.out}",
            highlight=False,
            soft_wrap=True,
        )

    def _sentences(self, model: models.Model[TextGame], console: Console) -> None:
        """Print the translation of a sentence, or write those of a file."""
        game, nets = model.game, {"generator": model.net}
        if not isinstance(game, SentenceTranslation):
            raise LabError(f"{self.model} is of {game.name}, which writes by itself: draw with `core-gans sample`.")
        if self.to or self.noise:
            raise LabError(f"{game.name} has one language to translate to, and no noise: leave --to and --noise out.")
        if self.text is not None:
            if self.source is not None:
                raise LabError("--text and a file are two things to translate: give one of them.")
            (answer,) = game.translate(nets, [self.text], self.beams)
            console.print(answer, highlight=False, soft_wrap=True)
            notes = [unknown_told(unknown)] if (unknown := Counter(game.sources.unknown(self.text))) else []
        else:
            if self.source is None or self.out is None:
                raise LabError('expected MODEL and --text "...", or MODEL, a text file, and a new file.')
            if not self.source.is_file():
                raise LabError(f"expected a text file to translate, and {self.source} is none.")
            done = translate_lines(game, nets, self.source, self.out, beams=self.beams, skip_broken=self.skip_broken)
            notes = [*done.told(), f"{how_many(done.lines, 'line')} translated: {self.out}"]
        for note in [models.hardly_learned(model), *notes]:
            if note:
                console.print(note, highlight=False, soft_wrap=True)
