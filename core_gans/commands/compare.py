"""``python -m core_gans compare``: several variants on one budget.

    core-gans compare gan lsgan wgan_gp began --data digits --seconds 60 --seeds 3
    core-gans compare fgan,divergence=kl lsgan,a=-1,b=1,c=0 --data ring --set width=64

A contender is a variant (or module:name of your own), and behind commas the fields in which it differs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console

from core_gans.comparison.comparing import compare, interruptible
from core_gans.comparison.contenders import Settings, contenders
from core_gans.comparison.plan import ComparisonPlan, Source
from core_gans.data import Resize
from core_gans.foundation.errors import LabError
from core_gans.runs import folder as runs
from core_gans.runs.progress import counted

BATCH = 64  # examples; more would mean fewer rounds in the same time, which buys less


@dataclass(frozen=True)
class Compare:
    """Train several variants on the same data, networks and budget, and judge them: table, curves, samples."""

    contenders: tyro.conf.Positional[tuple[str, ...]]
    """Variants, each as name or name,field=value,... (a field named twice or misspelt is refused)."""
    data: str = "digits"
    """ring, grid, digits, scenes, or a path."""
    size: int | str | None = None
    """Side of the images in pixels, or WIDTHxHEIGHT for files; default 32 for digits and files, 64 for scenes."""
    colours: int | None = None
    """1 (grey), 3 (RGB) or 4 (RGB and opacity) for files; default: what they have, opacity on white."""
    count: int | None = None
    """Points or scenes to draw; default 100,000 points, 4,000 scenes."""
    seconds: float = 60.0
    """Budget of a run: seconds of one core's time spent on rounds."""
    seeds: int = 3
    """Runs of each contender, from the seeds 0, 1, 2, ..."""
    batch: int = BATCH
    """Examples in a batch."""
    settings: Settings = "auto"
    """paper: each variant's defaults; points: those of core_gans.recipes; auto: points for points, else paper."""
    common: Annotated[tuple[str, ...], tyro.conf.arg(name="set")] = ()
    """field=value for every contender that has the field."""
    workers: int = 2
    """Processes, of one thread each; 1 plays in this one."""
    resize: Resize = "crop"
    """Pictures of other proportions: crop (their centre), pad (all of them, never enlarged) or stretch."""
    skip_broken: bool = False
    """Leave out pictures that cannot be read, and list them."""
    out: Path | None = None
    """Folder of the comparison; an interrupted one in it is continued. Default: a new folder in runs."""

    def run(self, console: Console) -> None:
        """Play what is missing, and print the table."""
        if self.workers < 1:
            raise ValueError(f"expected at least one worker, got {self.workers}.")
        source = Source(self.data, self.size, self.colours, self.count, self.resize, self.skip_broken)
        named = contenders(self.contenders, None, self.settings, self.common)
        plan = ComparisonPlan(
            source, tuple(named), self.seeds, self.seconds, self.batch
        )  # refused before data are read
        with counted(f"reading {self.data}", console) as progress:
            examples = source.load(progress)
        if examples.kind not in ("points", "images"):
            raise LabError(f"a comparison is of games of points or images, and {self.data} holds {examples.kind}.")
        for note in examples.notes:
            console.print(note, highlight=False, soft_wrap=True)
        chosen = contenders(self.contenders, examples.shape, self.settings, self.common)
        plan = replace(plan, contenders=tuple(chosen))
        out = self.out or runs.new_folder("compare", self.data)
        with interruptible(out, console):
            compare(plan, out, processes=self.workers, examples=examples, console=console)
