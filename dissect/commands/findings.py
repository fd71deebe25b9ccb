"""``dissect findings``: the findings of GAN Dissection on a generator, in one folder of tables and pictures."""

from __future__ import annotations

import math
import shlex
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import torch
import tyro
from rich.console import Console
from rich.progress import Progress, TaskID

from core_gans.runs.folder import new_folder
from dissect.commands.opening import Source
from dissect.commands.sample_memory import require_sample
from dissect.commands.segmenter_choice import chosen_segmenter
from dissect.findings import find, write_findings
from dissect.findings.page import answer


@dataclass(frozen=True)
class FindingsCommand:
    """Measure the paper's findings: layers compared, objects removed, doses, cause, doors put into places."""

    source: Annotated[Source, tyro.conf.OmitArgPrefixes] = field(default_factory=Source)
    layers: tuple[str, ...] = ()
    """Layers to compare; default: every one worth a look."""
    layer: str | None = None
    """The layer whose units are changed; default: the one with most matched units."""
    object: str | None = None
    """The concept to try doses and alpha on; default: a tree, or one with many units."""
    insert: str | None = None
    """The concept to put into places; default: a door."""
    share: float = 0.04
    """Of the layer's units, that are changed for each concept."""
    updates: int = 300
    """Of alpha, the choice of units by cause; 0 leaves it out."""
    segmenter: str | None = None
    """Says what each pixel shows: a file of train-segmenter, scenes-segmenter, strokes, or hf:NAME; default: the
    scenes-segmenter, strokes for grey images."""
    concepts: str | None = None
    """Words to look for, 'red car, lamp post', for a --segmenter that is a CLIPSeg, or DETECTOR+SAM."""
    images: int = 800
    """Images in the sample: half of them find units, the others judge them."""
    batch: int = 32
    """Images that are made at once; it does not change what is found."""
    seed: int = 0
    """Of the latents, the random units and the places."""
    out: Path | None = None
    """The folder; default: runs/findings-DATE."""

    def run(self, console: Console) -> None:
        """Measure, with a bar for every step, and write the folder."""
        folder = self.out or new_folder("findings")
        if folder.exists():
            raise FileExistsError(f"{folder} exists already and is kept: choose another folder with --out.")
        source = self.source.open()
        layers, notes = source.layers(self.layers)
        name, segmenter = chosen_segmenter(self.segmenter, self.source, source, self.concepts)
        for note in (*source.notes, *notes):
            console.print(f"note: {note}", highlight=False, soft_wrap=True)
        pixels = math.prod(source.shape()[1:])  # half of the images have their classes kept, in 64 bits
        require_sample(source, {"images": self.images}, kept=pixels)
        rng = torch.Generator().manual_seed(self.seed)
        began = time.perf_counter()
        with Progress(console=console) as bar:
            tasks: dict[str, TaskID] = {}

            def told(what: str, done: int, total: int) -> None:
                if what not in tasks:
                    tasks[what] = bar.add_task(what, total=total)
                bar.update(tasks[what], completed=done, total=max(done, total))

            found = find(
                source.net,
                source.latents(self.images, rng),
                segmenter,
                layers=layers,
                layer=self.layer,
                object=self.object,
                inserted=self.insert,
                share=self.share,
                updates=self.updates,
                batch_size=self.batch,
                rng=rng,
                told=told,
            )
        provenance = {
            "generator": source.name,
            **source.facts,
            "segmenter": name,
            "images": str(self.images),
            "seed": str(self.seed),
            "command": shlex.join(["dissect", *sys.argv[1:]]),
            "date": time.strftime("%Y-%m-%d"),
        }
        page = write_findings(
            folder, found, source.net, segmenter, provenance=provenance, batch_size=self.batch, rng=rng
        )
        seconds = time.perf_counter() - began
        console.print(f"{answer(found)}\nfindings: {page} ({seconds:.0f} s)", highlight=False, soft_wrap=True)
