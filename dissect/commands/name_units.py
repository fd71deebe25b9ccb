"""``dissect name-units``: the units of a layer named from a list of words, through CLIP and without a segmenter."""

from __future__ import annotations

import shlex
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import torch
import tyro
from rich.console import Console
from rich.progress import Progress

from core_gans.foundation.seeds import require_seed
from core_gans.runs.folder import new_folder
from dissect.commands.named_file import is_file
from dissect.commands.opening import Source
from dissect.commands.sample_memory import require_sample
from dissect.naming.names import name_units
from dissect.naming.page import in_words, write_names
from dissect.naming.soft_wpmi import TOP
from dissect.segmenters.clip import Clip
from dissect.segmenters.words import split_concepts


@dataclass(frozen=True)
class NameUnits:
    """Name units by the words of the pictures that they fire for (CLIP-Dissect); needs no segmenter."""

    layer: str
    """The layer whose units are named."""
    clip: str
    """A CLIP of transformers: its folder, or its name on the hub."""
    words: str
    """The words: a text file with one a line, or the words themselves, 'tree, red car, night'."""
    source: Annotated[Source, tyro.conf.OmitArgPrefixes] = field(default_factory=Source)
    images: int = 2_000
    """Images in the sample."""
    top: int = TOP
    """Images that belong to a unit: those in which it fires most."""
    batch: int = 32
    """Images that are made at once; it does not change what is found."""
    seed: int = 0
    """Of the latents, and of the random pictures that tell chance."""
    out: Path | None = None
    """The folder; default: runs/names-DATE."""

    def run(self, console: Console) -> None:
        """Look, name, write."""
        folder = self.out or new_folder("names")
        if folder.exists():
            raise FileExistsError(f"{folder} exists already and is kept: choose another folder with --out.")
        require_seed(self.seed)
        if not 1 <= self.top <= self.images:
            raise ValueError(f"expected from 1 to {self.images:,} (--images) for --top, got {self.top:,}.")
        words = read_words(self.words)
        found = self.source.open()
        (layer,), notes = found.layers((self.layer,))
        for note in (*found.notes, *notes):
            console.print(f"note: {note}", highlight=False, soft_wrap=True)
        clip = Clip.from_pretrained(self.clip)
        vectors = clip.words(words)
        require_sample(found, {"images": self.images}, kept=len(words))
        rng = torch.Generator().manual_seed(self.seed)
        with Progress(console=console) as bar:
            task = bar.add_task("looking", total=self.images)
            named = name_units(
                found.net,
                layer,
                found.latents(self.images, rng),
                clip.pictures,
                words,
                vectors,
                top=self.top,
                batch_size=self.batch,
                rng=rng,
                progress=lambda done: bar.update(task, completed=done),
            )
        provenance = {
            "generator": found.name,
            **found.facts,
            "clip": self.clip,
            "words": f"{len(words):,}, {self.words[:60]}",
            "images": str(self.images),
            "seed": str(self.seed),
            "command": shlex.join(["dissect", *sys.argv[1:]]),
            "date": time.strftime("%Y-%m-%d"),
        }
        page = write_names(folder, named, provenance)
        console.print(f"{in_words(named)}\npage: {page}", highlight=False, soft_wrap=True)


def read_words(text: str) -> tuple[str, ...]:
    """The words in ``text``, with commas between them, or in the file of that name, one a line; each once.

    ValueError for fewer than two.
    """
    path = Path(text)
    lines = path.read_text(encoding="utf-8-sig").splitlines() if is_file(path) else split_concepts(text)
    words = tuple(dict.fromkeys(line.strip() for line in lines if line.strip()))
    if len(words) < 2:
        raise ValueError(
            f"expected two words or more for --words, or a text file with one a line, got {text!r}: is the file there?"
        )
    return words
