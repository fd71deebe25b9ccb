"""``dissect patch``: two latents compared layer by layer and place by place: what carries a thing?"""

from __future__ import annotations

import re
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

from core_gans.runs.folder import new_folder
from dissect import generators
from dissect.cause.pairs import Pairs, find_pairs
from dissect.cause.patching import GRID, check_groups, patch_effects, pictures_made
from dissect.commands.opening import Opened, Source
from dissect.commands.sample_memory import require_sample
from dissect.commands.segmenter_choice import chosen_segmenter
from dissect.report.patch_page import answer, write_patching

LAYER = re.compile(r"(~\d+x\d+\+\d+|[^+])+")  # the + of ~8x8+1 stands within an address, any other between two


@dataclass(frozen=True)
class Patch:
    """Patch the units of a picture without a thing by those of one that shows it: what carries the thing?"""

    source: Annotated[Source, tyro.conf.OmitArgPrefixes] = field(default_factory=Source)
    concept: str = "house"
    """What appears: a label of the segmenter, or house."""
    layers: tuple[str, ...] = ()
    """Layers to patch, each by itself, or several at once: block8+block16; default: every one worth a look."""
    pairs: int = 16
    """Pairs of latents, found by the segmenter; fewer than 5 have no interval."""
    seeds: tuple[tuple[int, int], ...] = ()
    """Pairs of your own instead, each by two seeds: of a picture that shows it, and of one that does not."""
    grid: int = GRID
    """Places on a side of the picture; at most as many as the smallest layer has cells."""
    segmenter: str | None = None
    """Says what each pixel shows: a file of train-segmenter, scenes-segmenter, strokes, or hf:NAME; default: the
    scenes-segmenter, strokes for grey images."""
    concepts: str | None = None
    """Words to look for, 'red car, lamp post', for a --segmenter that is a CLIPSeg, or DETECTOR+SAM."""
    batch: int = 32
    """Images that are made at once."""
    images: int = 400
    """Images among which pairs are looked for."""
    seed: int = 0
    """Of these images, the pairs, and the bootstrap."""
    out: Path | None = None
    """The folder; default: runs/patching-DATE."""

    def run(self, console: Console) -> None:
        """Find pairs, patch them, write what appears."""
        folder = self.out or new_folder("patching")
        if folder.exists():
            raise FileExistsError(f"{folder} exists already and is kept: choose another folder with --out.")
        if min(self.pairs, self.batch) < 1 or self.images < 2:
            raise ValueError(
                f"expected a pair, an image at once and two --images at least, got --pairs {self.pairs}, --batch "
                f"{self.batch} and --images {self.images}."
            )
        if self.pairs > self.images:
            raise ValueError(f"expected at most as many --pairs as --images, {self.images:,}, got {self.pairs:,}.")
        found = self.source.open()
        groups = self._groups(found)
        name, segmenter = chosen_segmenter(self.segmenter, self.source, found, self.concepts)
        require_sample(found, {"images": self.images})
        for note in found.notes:
            console.print(f"note: {note}", highlight=False, soft_wrap=True)
        rng = torch.Generator().manual_seed(self.seed)
        began = time.perf_counter()
        with Progress(console=console) as bars:
            task = bars.add_task(f"Looking for {self.concept}", total=self.images)
            pairs = find_pairs(
                found.net,
                found.latents(self.images, rng),
                segmenter,
                self.concept,
                self.pairs,
                batch_size=self.batch,
                rng=rng,
                progress=lambda done: bars.update(task, completed=done),
            )
            if self.seeds:
                pairs = self._own(found, pairs)
            patching = bars.add_task("Patching", total=pictures_made(len(pairs), len(groups), self.grid))
            effects = patch_effects(
                found.net,
                groups,
                pairs.sources,
                pairs.targets,
                pairs.donors,
                segmenter,
                self.concept,
                grid=self.grid,
                batch_size=self.batch,
                rng=rng,
                progress=lambda done: bars.update(patching, completed=done),
            )
        if len(pairs) < self.pairs and not self.seeds:
            console.print(f"note: {len(pairs)} pairs were found among {self.images} images", highlight=False)
        facts = {
            "generator": found.name,
            **found.facts,
            "segmenter": name,
            "pairs": f"{len(pairs)}, of seeds" if self.seeds else f"{len(pairs)}, of {self.images} images",
            "seed": str(self.seed),
            "command": shlex.join(["dissect", *sys.argv[1:]]),
            "date": time.strftime("%Y-%m-%d"),
        }
        page = write_patching(folder, effects, pairs, found.net, segmenter, facts=facts)
        told = f"{answer(effects)}\npage: {page} ({time.perf_counter() - began:.0f} s)"
        console.print(told, highlight=False, soft_wrap=True)

    def _groups(self, found: Opened) -> list[tuple[str, ...]]:
        """The layers that are patched, each group at once; a ValueError for one without maps, or a grid too fine."""
        example = found.example()
        names = self.layers or tuple(generators.default_layers(found.net, example))
        if not names:
            raise ValueError(f"{found.name} has no layer that puts out maps, so it cannot be patched.")
        groups = [tuple(each[0] for each in LAYER.finditer(name)) or (name,) for name in names]
        generators.check_layers(found.net, example, [layer for group in groups for layer in group])
        check_groups(found.net, example, groups, self.grid)
        return groups

    def _own(self, found: Opened, known: Pairs) -> Pairs:
        """The pairs of ``seeds``, with the donors that were found for ``known``."""
        sources, targets = (
            torch.cat([found.latents(1, torch.Generator().manual_seed(seed)) for seed in seeds])
            for seeds in zip(*self.seeds, strict=True)
        )
        again = torch.arange(len(self.seeds)) % len(known)
        return Pairs(sources, targets, known.donors[again])
