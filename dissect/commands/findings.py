"""``dissect findings``: the findings of GAN Dissection on a generator, in one folder of tables and pictures."""

from __future__ import annotations

import shlex
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import torch
import tyro
from rich.console import Console
from rich.progress import Progress, TaskID

from core_gans import shipped
from core_gans.runs.folder import default_name
from dissect.commands.opening import opened
from dissect.findings import find, write_findings
from dissect.segmenters.unet import UNetSegmenter


@dataclass(frozen=True)
class FindingsCommand:
    """Measure the paper's findings: layers compared, objects removed, doses, cause, doors put into places."""

    model: tyro.conf.Positional[Path | None] = None
    """A run's folder or a model file; default: the scenes generator that comes with the lab."""
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
    segmenter: Path | None = None
    """A segmenter made by train-segmenter; default: the one for scenes."""
    images: int = 800
    """Images in the sample: half of them find units, the others judge them."""
    seed: int = 0
    """Of the latents, the random units and the places."""
    out: Path | None = None
    """The folder; default: runs/findings-DATE."""

    def run(self, console: Console) -> None:
        """Measure, with a bar for every step, and write the folder."""
        folder = self.out or Path("runs") / default_name("findings")
        if folder.exists():
            raise FileExistsError(f"{folder} exists already and is kept: choose another folder with --out.")
        source = opened(self.model)
        segmenter = UNetSegmenter.load(self.segmenter or shipped.path("scenes-segmenter"))
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
                layers=source.layers(self.layers)[0],
                layer=self.layer,
                object=self.object,
                inserted=self.insert,
                share=self.share,
                updates=self.updates,
                rng=rng,
                told=told,
            )
        provenance = {
            "generator": source.name,
            **source.facts,
            "segmenter": "scenes-segmenter" if self.segmenter is None else self.segmenter.name,
            "images": str(self.images),
            "seed": str(self.seed),
            "command": shlex.join(["dissect", *sys.argv[1:]]),
            "date": time.strftime("%Y-%m-%d"),
        }
        page = write_findings(folder, found, source.net, segmenter, provenance=provenance, rng=rng)
        console.print(f"findings: {page} ({time.perf_counter() - began:.0f} s)", highlight=False, soft_wrap=True)
