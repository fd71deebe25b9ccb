"""``python -m core_gans sample``: samples of a run or a model file, as pictures, an array, a sheet or texts."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

import torch
import tyro
from rich.console import Console
from torch import Tensor

from core_gans import models
from core_gans.commands.drives import drive_model, write_drives
from core_gans.foundation.counting import how_many
from core_gans.foundation.errors import LabError
from core_gans.foundation.memory import require_memory
from core_gans.foundation.seeds import require_seed
from core_gans.foundation.whole_files import write_whole
from core_gans.game import Game, NoiseGame
from core_gans.games.texts import TextGame, WritingGame
from core_gans.runs.folder import NEWEST
from core_gans.sampling import drawing, require_free_place, write_samples
from core_gans.sampling.drawing import labels_of
from core_gans.variants import TextToImage

OUT = Path("samples.png")
TEXTS_OUT = Path("samples.txt")
MOST_COPIES = 100  # bytes of a word while it is drawn


@dataclass(frozen=True)
class Sample:
    """Draw samples from a run or a model file."""

    source: tyro.conf.Positional[Path]
    """A run's folder or a model file."""
    checkpoint: str = NEWEST
    """Of a run: newest, best (by the judge, where --judge-every was given), or a round that was kept."""
    count: int = 64
    """How many samples."""
    seed: int = 0
    """Of the latents."""
    classes: tuple[int, ...] = ()
    """Classes to draw, by number, each as often as the others; for cgan, acgan and infogan. Default: any, by chance."""
    text: str | None = None
    """What to draw, as "a house with a red roof and two trees at sunset"; for models that learned from captions."""
    truncation: float | None = None
    """Draw again the numbers of a latent that lie beyond this (BigGAN's truncation): 0.5 gives better samples that are
    more alike; default: none is."""
    out: Path | None = None
    """A .png for a sheet, .npz for an array, or a folder for one PNG a sample; of clips also a .gif or an .mp4 of all
    of them, and a folder of GIFs. Classes become labels of the array and subfolders of the folder; texts go into a
    .txt. Nothing that exists is replaced. Default: samples.png, samples.txt, or the next free number."""

    def run(self, console: Console) -> None:
        """Draw and write."""
        if self.count < 1:
            raise ValueError(f"expected at least one sample, got --count {self.count}.")
        require_seed(self.seed)
        if (writer := models.open_texts(self.source, self.checkpoint)) is not None:
            self._write_texts(writer, console)
            return
        out = self.out or _free(OUT)
        if (driver := drive_model(self.source, self.checkpoint)) is not None:
            self._require_chance_alone(driver.game)
            write_drives(driver, self.count, self.seed, out, console)
            return
        require_free_place(out)
        model = models.open_model(self.source, self.checkpoint)
        if model.player != "generator":
            raise LabError(f"{self.source} holds a {model.player}, which draws nothing: give a generator or a run.")
        each = model.game.latents(1, torch.Generator().manual_seed(0)).numel()
        require_memory(4 * each * self.count, f"the latents of {self.count:,} samples", "--count")
        rng = torch.Generator().manual_seed(self.seed)
        drawn = drawing(
            model.game, model.net, self.count, rng, label=_asked(model.game, self), truncation=self.truncation
        )
        with console.status("drawing"):
            write_samples(out, drawn)
        if told := models.hardly_learned(model):
            console.print(told, highlight=False, soft_wrap=True)
        if self.truncation is not None:
            again = f"numbers of latents beyond {self.truncation:g} were drawn again"
            console.print(f"truncation: {again} (Brock et al. 2019)", highlight=False, soft_wrap=True)
        console.print(f"{how_many(self.count, 'sample')}: {out}", highlight=False, soft_wrap=True)

    def _write_texts(self, model: models.Model[TextGame], console: Console) -> None:
        """Texts of a game that writes them, one a line."""
        game = model.game
        if not isinstance(game, WritingGame):
            raise LabError(f"{self.source} is of {game.name}, which translates: `core-gans translate` does.")
        self._require_chance_alone(game)
        out = self.out or _free(TEXTS_OUT)
        if out.suffix.lower() != ".txt":
            raise LabError(f"expected --out as a .txt, got {out}: {game.name} writes texts.")
        if out.exists():
            raise FileExistsError(f"{out} exists already and is kept: choose another name with --out.")
        require_memory(MOST_COPIES * self.count * game.length, f"{self.count:,} texts", "--count")
        written = game.write({"generator": model.net}, self.count, torch.Generator().manual_seed(self.seed))
        out.parent.mkdir(parents=True, exist_ok=True)
        write_whole(out, "".join(f"{text}\n" for text in game.vocabulary.texts(written)))
        if told := models.hardly_learned(model):
            console.print(told, highlight=False, soft_wrap=True)
        console.print(f"{how_many(self.count, 'text')}: {out}", highlight=False, soft_wrap=True)

    def _require_chance_alone(self, game: Game) -> None:
        if self.classes or self.text is not None or self.truncation is not None:
            raise LabError(f"{game.name} draws by chance alone: leave --classes, --text and --truncation out.")


def _free(path: Path) -> Path:
    """``path``, or the first of name-2, name-3, ... that does not exist."""
    numbered = (path.with_stem(f"{path.stem}-{number}") for number in count(2))
    return next(place for place in chain([path], numbered) if not place.exists())


def _asked(game: NoiseGame, command: Sample) -> Tensor | None:
    """The text or the classes that are asked for, once for each sample, as the game's latents take them."""
    if command.text is None:
        return labels_of(game, command.classes, command.count) if command.classes else None
    if not isinstance(game, TextToImage):
        raise LabError(
            f"{command.source} is of {game.name}, which knows no text: leave --text out, or give a run or a model of "
            "text_to_image."
        )
    if command.classes:
        raise LabError("--text and --classes ask for two things: give one of them.")
    return game.tokens([command.text] * command.count)
