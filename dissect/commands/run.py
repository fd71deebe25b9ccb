"""``dissect run``: a generator dissected, and a report of it."""

from __future__ import annotations

import shlex
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal, NoReturn, Protocol, runtime_checkable

import torch
import tyro
from rich.console import Console
from rich.progress import Progress
from torch import Tensor, nn

from core_gans.runs.folder import new_folder
from dissect.commands.opening import Opened, Source
from dissect.commands.sample_memory import require_sample
from dissect.commands.segmenter_choice import chosen_segmenter
from dissect.measure.settings import DissectionSettings
from dissect.measure.upsampling import Upsampling
from dissect.report.study import Study, study
from dissect.segmenters.protocol import Segmenter

IMPORTS = """\
import os
from pathlib import PosixPath, WindowsPath

from dissect.commands.opening import Source
from dissect.commands.run import Run"""
INTERRUPTED = 130  # what a shell gives a command that Ctrl-C ended


@dataclass(frozen=True)
class Run:
    """Dissect a generator: which units draw what, what they cause; writes a report (HTML, JSON, CSV)."""

    source: Annotated[Source, tyro.conf.OmitArgPrefixes] = field(default_factory=Source)
    layer: tuple[str, ...] = ()
    """Layers to dissect; default: all of at least 4x4 cells. The report is about the one with most matched concepts."""
    segmenter: str | None = None
    """Says what each pixel shows: a file of train-segmenter, scenes-segmenter, strokes, or hf:NAME; default: the
    scenes-segmenter, strokes for grey images."""
    concepts: str | None = None
    """Words to look for, 'red car, lamp post', for a --segmenter that is a CLIPSeg, or DETECTOR+SAM."""
    preset: Literal["chance-corrected", "gandissect", "dissect", "best-iou"] = "chance-corrected"
    """Where a unit is on and when it is matched: by agreement beyond chance, as published, or by the best IoU."""
    upsampling: Upsampling = "bilinear"
    """How activations are brought to the size of the images."""
    images: int = 1_000
    """Images in the sample."""
    batch: int = 32
    """Images that are made at once; it does not change what is counted."""
    seed: int = 0
    """Of the latents and of the random controls."""
    out: Path | None = None
    """The report's folder; default: runs/dissection-DATE."""
    keep: Path | None = None
    """Keeps the counts, so that the same command goes on after a stop; default: OUT.counts, gone at the end."""

    def run(self, console: Console) -> None:
        """Dissect and print the result."""
        if self.batch < 1:
            raise ValueError(f"expected at least 1 image at once, got --batch {self.batch}.")
        if self.images < 2:
            raise ValueError(f"expected at least 2 images, got --images {self.images}.")
        folder = self.out or new_folder("dissection")
        keep = self.keep or folder.with_name(f"{folder.name}.counts")
        found, layers, notes, name, segmenter = self._opened()
        require_sample(found, {"images": self.images})
        keep.parent.mkdir(parents=True, exist_ok=True)
        notes = (*found.notes, *notes)
        for note in notes:
            console.print(f"note: {note}", highlight=False, soft_wrap=True)
        provenance = {
            "generator": found.name,
            **found.facts,
            "segmenter": name,
            "preset": self.preset,
            "seed": str(self.seed),
            "command": _command(),
            "date": time.strftime("%Y-%m-%d"),
            **({"notes": "; ".join(notes)} if notes else {}),
        }
        try:
            told = self._study(found, layers, segmenter, folder, keep, provenance, console)
        except KeyboardInterrupt:
            self._interrupted(folder, keep, console)
        if self.keep is None:
            keep.unlink(missing_ok=True)
        for remark in told.remarks:
            console.print(f"note: {remark}", highlight=False, soft_wrap=True)
        console.print(told.table())
        console.print(f"report: {told.page}", highlight=False, soft_wrap=True)

    def sample(self) -> tuple[nn.Module, Tensor, Segmenter]:
        """The generator, the latents (images, ...) and the segmenter, as ``run`` takes them."""
        found, _, _, _, segmenter = self._opened()
        return found.net, found.latents(self.images, torch.Generator().manual_seed(self.seed)), segmenter

    def _opened(self) -> tuple[Opened, tuple[str, ...], tuple[str, ...], str, Segmenter]:
        found = self.source.open()
        layers, notes = found.layers(self.layer)
        return found, layers, notes, *chosen_segmenter(self.segmenter, self.source, found, self.concepts)

    def _origin(self) -> str:
        """Python that makes the sample again, for the report's ``replay.py``."""
        model = self.source.model and self.source.model.resolve()
        weights = self.source.weights and self.source.weights.resolve()
        features = self.source.dictionary and self.source.dictionary.resolve()
        source = replace(self.source, model=model, weights=weights, dictionary=features)
        again, here = replace(self, source=source, out=None, keep=None), str(Path.cwd())
        there = f"if os.path.isdir({here!r}):  # where the names of files and modules hold\n    os.chdir({here!r})"
        return f"{IMPORTS}\n\n{there}\ngenerator, latents, segmenter = {again!r}.sample()"

    def _study(
        self,
        found: Opened,
        layers: tuple[str, ...],
        segmenter: Segmenter,
        folder: Path,
        keep: Path,
        provenance: dict[str, str],
        console: Console,
    ) -> Study:
        rng = torch.Generator().manual_seed(self.seed)
        with Progress(console=console) as bar:
            task = bar.add_task("dissecting", total=self.images)
            told = study(
                found.net,
                found.latents(self.images, rng),
                segmenter,
                folder,
                layers=layers,
                colours=segmenter.colours if isinstance(segmenter, Coloured) else None,
                settings=DissectionSettings(
                    criterion=self.preset,
                    upsampling=self.upsampling,
                    batch_size=self.batch,
                    keep=keep,
                    provenance=provenance,
                    progress=lambda done: bar.update(task, completed=done),
                ),
                origin=self._origin(),
                rng=rng,
            )
            bar.update(task, completed=self.images)  # also where all was counted already
        return told

    def _interrupted(self, folder: Path, keep: Path, console: Console) -> NoReturn:
        again = _command() if self.out is not None else f"{_command()} --out {shlex.quote(str(folder))}"
        how = f"this goes on from the counts in {keep}" if keep.exists() else "nothing was kept yet, this begins anew"
        console.print(f"interrupted; {how}:\n    {again}", highlight=False, soft_wrap=True)
        raise SystemExit(INTERRUPTED)


@runtime_checkable
class Coloured(Protocol):
    """A segmenter that knows which colours its classes are drawn in."""

    colours: tuple[tuple[int, int, int], ...] | None


def _command() -> str:
    return shlex.join(["dissect", *sys.argv[1:]])
