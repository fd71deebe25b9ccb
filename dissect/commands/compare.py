"""``dissect compare``: several generators, or samples of one, dissected in the same way: what holds in all of them?"""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

import torch
import tyro
from rich.console import Console
from rich.progress import Progress as Bars

from core_gans.foundation.seeds import require_seed
from core_gans.runs.folder import new_folder
from dissect.commands.opening import Opened, Source
from dissect.commands.sample_memory import require_sample
from dissect.commands.segmenter_choice import chosen_segmenter
from dissect.findings.holding import Case, see_case, what_holds
from dissect.findings.holding_page import in_words, write_holding
from dissect.measure.settings import DissectionSettings
from dissect.sampling import Progress


@dataclass(frozen=True)
class Compare:
    """Dissect several generators, or samples of one, and tell what holds in all: units, their IoU, what they cause."""

    source: Annotated[Source, tyro.conf.OmitArgPrefixes] = field(default_factory=Source)
    others: tuple[str, ...] = ()
    """Other generators, of the kind that is named first: runs or model files; with --weights other weights of that
    generator; else what --generator takes."""
    seeds: tuple[int, ...] = (0,)
    """Of the latents: each generator is dissected once for each of them."""
    layer: tuple[str, ...] = ()
    """Layers to dissect; default: every one worth a look. Of each generator the best one at the first seed counts."""
    share: float = 0.04
    """Of the layer's units, that are removed for each concept."""
    segmenter: str | None = None
    """Says what each pixel shows: a file of train-segmenter, scenes-segmenter, strokes, or hf:NAME; default: the
    scenes-segmenter, strokes for grey images."""
    concepts: str | None = None
    """Words to look for, 'red car, lamp post', for a --segmenter that is a CLIPSeg, or DETECTOR+SAM."""
    images: int = 500
    """Images in each sample."""
    batch: int = 32
    """Images that are made at once; it does not change what is found."""
    out: Path | None = None
    """The folder; default: runs/compared-DATE."""

    def run(self, console: Console) -> None:
        """Dissect one after the other, and write what holds."""
        folder = self.out or new_folder("compared")
        if folder.exists():
            raise FileExistsError(f"{folder} exists already and is kept: choose another folder with --out.")
        if self.images < 2 or self.batch < 1 or not 0 < self.share <= 1:
            raise ValueError("expected at least 2 --images, a --batch of 1 and a --share above 0 and at most 1.")
        if not self.seeds or len(set(self.seeds)) < len(self.seeds):
            raise ValueError(f"expected one seed or more, each once, got --seeds {' '.join(map(str, self.seeds))}.")
        for seed in self.seeds:
            require_seed(seed)
        opened: dict[str, tuple[Source, Opened]] = {}  # all of them, before the first is dissected
        for source in self.sources():
            found = source.open()
            given = (source.model or source.generator, source.weights)  # files of one name may lie in two folders
            name = " ".join(str(each) for each in given if each is not None) or found.name
            if name in opened:
                raise ValueError(f"{name} is named twice: name other generators, or several --seeds.")
            opened[name] = source, found
        cases: list[Case] = []
        seen_by = ""
        with Bars(console=console) as bar:
            task = bar.add_task("dissecting", total=self.images * len(self.seeds) * len(opened))
            for name, (source, found) in opened.items():
                for note in found.notes:
                    bar.console.print(f"note: {found.name}: {note}", highlight=False, soft_wrap=True)
                seen_by, told = self._seen(
                    name, found, source, lambda done: bar.update(task, completed=done), len(cases)
                )
                cases += told
        provenance = {
            "generators": ", ".join(dict.fromkeys(case.generator for case in cases)),
            "seeds": ", ".join(map(str, self.seeds)),
            "images": f"{self.images} of each",
            "segmenter": seen_by,
            "command": shlex.join(["dissect", *sys.argv[1:]]),
            "date": time.strftime("%Y-%m-%d"),
        }
        page = write_holding(folder, cases, provenance)
        console.print(f"{in_words(what_holds(cases))}\npage: {page}", highlight=False, soft_wrap=True)

    def sources(self) -> Iterator[Source]:
        """Where each of the generators comes from."""
        yield self.source
        for other in self.others:
            if self.source.weights is not None:
                yield replace(self.source, weights=Path(other))
            elif self.source.generator is not None:
                yield replace(self.source, generator=other)
            else:
                yield replace(self.source, model=Path(other))

    def _seen(self, name: str, found: Opened, source: Source, onward: Progress, before: int) -> tuple[str, list[Case]]:
        layers, _ = found.layers(self.layer)
        by, segmenter = chosen_segmenter(self.segmenter, source, found, self.concepts)
        require_sample(found, {"images": self.images})
        cases: list[Case] = []
        for seed in self.seeds:
            rng = torch.Generator().manual_seed(seed)
            start = (before + len(cases)) * self.images

            def heard(done: int, start: int = start) -> None:
                onward(start + done)

            settings = DissectionSettings(batch_size=self.batch, progress=heard)
            latents = found.latents(self.images, rng)
            case = see_case(
                found.net, latents, segmenter, name, seed, layers=layers, share=self.share, settings=settings, rng=rng
            )
            layers = (case.layer,)  # the same one at all seeds
            cases.append(case)
        return by, cases
