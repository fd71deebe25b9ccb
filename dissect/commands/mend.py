"""``dissect mend``: artifact units found, ablated, judged on held-out latents, and folded into a mended generator."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import torch
import tyro
from rich.console import Console
from rich.progress import Progress
from torch import Tensor

from core_gans.foundation.pixels import write_png
from core_gans.runs.folder import default_name
from dissect import generators
from dissect.commands.mended import save_mended
from dissect.commands.opening import Opened, Source
from dissect.commands.real_images import Thirds, data_of, thirds
from dissect.commands.sample_memory import require_sample
from dissect.hooks import at_rest
from dissect.hooks import layers as layers_of
from dissect.mending import Mending, MendingTrial, best_of, mend, try_layers, write_mending
from dissect.mending.account import verdict
from dissect.mending.artifacts import FEWEST, Ranking
from dissect.mending.pictures import numbered
from dissect.mending.trials import By, Towards
from dissect.sampling import generate

SHEET = 96  # images on the sheet by which a person marks
SHOWN = 7  # images in a row
ROWS = 3  # units that are shown


@dataclass(frozen=True)
class Mend:
    """Find the units that cause artifacts, measure what ablating them does, save the mended generator."""

    source: Annotated[Source, tyro.conf.OmitArgPrefixes] = field(default_factory=Source)
    layer: tuple[str, ...] = ()
    """Layers to look in; default: every one worth a look. The one where most is gained is mended."""
    data: str = ""
    """What real images look like: digits, scenes, or a path; default: what the run was trained on."""
    features: str | None = None
    """Through which they are seen: digits-cnn, cifar-resnet20 or pca-pixels; default: what suits the data."""
    by: By = "frechet"
    """Ranks units by the images that light them up most; by ablating each alone, which takes long; or by --bad."""
    bad: tuple[int, ...] = ()
    """Bad images, by their numbers in sample.png, for --by marks; without any, only that sheet is written."""
    units: int | Literal["auto"] = "auto"
    """How many units; auto: 1% to 16% of the layer, by what is gained on latents that judge nothing."""
    strength: tuple[float, ...] = (1.0, 0.5)
    """How much of a unit is taken: 1 ablates it. The one that gains most is taken."""
    towards: Towards = "zero"
    """What takes a unit's place."""
    images: int = 1_000
    """To rank the units by, and as many others to choose by."""
    judged: int = 2_000
    """Others still, that judge."""
    real: int = 6_000
    """Real images at most: a third to fit the features to, one to choose by, one to judge by."""
    random: int = 8
    """Random sets of as many units, for comparison."""
    seed: int = 0
    """Of the latents, the random units and the bootstrap."""
    out: Path | None = None
    """The folder; default: runs/mending-DATE."""

    def run(self, console: Console) -> None:
        """Find, choose, judge, write."""
        folder = self.out or Path("runs") / default_name("mending")
        if folder.exists():
            raise FileExistsError(f"{folder} exists already and is kept: choose another folder with --out.")
        found = self.source.open()
        for note in found.notes:
            console.print(f"note: {note}", highlight=False, soft_wrap=True)
        layers = self._layers(found)
        require_sample(found, {"images": 2 * self.images, "judged": self.judged})
        rng = torch.Generator().manual_seed(self.seed)
        ranking, choosing, judging = (found.latents(n, rng) for n in (self.images, self.images, self.judged))
        with at_rest(found.net):
            sample = generate(found.net, ranking[:SHEET])
        if self.by == "marks" and not self.bad:
            folder.mkdir(parents=True)
            write_png(folder / "sample.png", numbered(sample))
            told = f"look at {folder / 'sample.png'} and name the bad images: --bad 3 17, same --images and --seed"
            console.print(told, highlight=False, soft_wrap=True)
            return
        with Progress(console=console) as bars:

            def bar(what: str, total: int) -> Callable[[int], None]:
                task = bars.add_task(what, total=total)
                return lambda done: bars.update(task, completed=done)

            real = self._real(tuple(sample.shape[1:]), bars)
            marks = torch.zeros(min(SHEET, self.images))
            marks[list(self.bad)] = 1
            trials = try_layers(
                found.net,
                layers,
                ranking,
                choosing,
                real.choosing,
                by=self.by,
                marks=marks,
                towards=self.towards,
                strengths=self.strength,
                counts=() if self.units == "auto" else (self.units,),
                stage=bar,
            )
            best, units = self._chosen(trials)
            if not units:
                raise ValueError(
                    f"nothing that was tried brings {found.name} nearer to real images: try other layers, a smaller "
                    "--strength, or --by ablation; nothing was written"
                )
            mending = mend(
                found.net,
                best.choice.layer,
                units,
                judging,
                real.judging,
                used=torch.cat((ranking, choosing)),
                values=best.values,
                strength=best.choice.strength,
                random_sets=self.random,
                rng=rng,
                progress=bar("Judging, beside random units", 2 + self.random),
            )
        rank = best.ranking
        facts = self._facts(found, real, rank)
        folder.mkdir(parents=True)
        write_png(folder / "sample.png", numbered(sample))
        choices, shown = [trial.choice for trial in trials], _shown(rank, mending, ranking, judging)
        page = write_mending(folder, mending, choices, found.net, shown, facts=facts)
        opening = save_mended(folder, self.source, found.net, mending, judging[:4], facts)
        console.print("\n".join([verdict(mending), opening, f"page: {page}"]), highlight=False, soft_wrap=True)

    def _real(self, shape: tuple[int, ...], bars: Progress) -> Thirds:
        data = data_of(self.source, self.data)
        task = bars.add_task(f"reading {data}", total=None)
        return thirds(
            data,
            shape,
            self.real,
            self.features,
            lambda done, total: bars.update(task, completed=done, total=total),
        )

    def _layers(self, found: Opened) -> tuple[str, ...]:
        """The layers to look in; a ValueError where an option does not fit them."""
        for name, least in {"images": 2 * FEWEST, "judged": 2, "real": 2, "random": 1}.items():
            if (value := getattr(self, name)) < least:
                raise ValueError(f"expected at least {least} for --{name}, got {value}.")
        if not self.strength or not all(0 < strength <= 1 for strength in self.strength):
            raise ValueError(f"expected strengths above 0 and at most 1, got --strength {self.strength}.")
        if self.by == "marks" and (foreign := [n for n in self.bad if not 0 <= n < min(SHEET, self.images)]):
            raise ValueError(f"sample.png numbers images from 0 to {min(SHEET, self.images) - 1}, got --bad {foreign}.")
        if self.by != "marks" and self.bad:
            raise ValueError("--bad marks images: it needs --by marks.")
        example = found.example()
        layers = self.layer or tuple(generators.default_layers(found.net, example))
        if not layers:
            raise ValueError(f"{found.name} has no layer that puts out maps, so it cannot be mended.")
        generators.check_layers(found.net, example, layers)
        if self.units != "auto":
            widths = {layer: shape[1] for layer, shape in layers_of(found.net, example).items() if layer in layers}
            if not 1 <= self.units <= min(widths.values()) // 2:
                told = ", ".join(f"{layer}: {width}" for layer, width in widths.items())
                raise ValueError(f"expected from 1 to half of a layer's units ({told}), got --units {self.units}.")
        return layers

    def _chosen(self, trials: Sequence[MendingTrial]) -> tuple[MendingTrial, tuple[int, ...]]:
        """The trial that does best, and its units: the number asked for, or the best one."""
        if self.units == "auto":
            return (best := best_of(trials)), best.choice.units
        best = min(trials, key=lambda trial: trial.choice.distances[-1])
        return best, best.choice.order[: self.units]

    def _facts(self, found: Opened, real: Thirds, rank: Ranking) -> dict[str, str]:
        return {
            "generator": found.name,
            **found.facts,
            "real images": f"{real.name}: {real.images} to fit features to, as many to choose by, as many to judge by",
            "distance between the last two": f"{real.floor:.3f}",
            "ranked by": rank.by,
            "towards": self.towards,
            "images": f"{self.images} to rank by, {self.images} to choose by, {self.judged} to judge by",
            "seed": str(self.seed),
            "command": shlex.join(["dissect", *sys.argv[1:]]),
            "date": time.strftime("%Y-%m-%d"),
        }


def _shown(rank: Ranking, mending: Mending, ranking: Tensor, judging: Tensor) -> list[tuple[str, Tensor]]:
    """The images that light the first units up most, and some that were not picked."""
    rows = [(f"lights up unit {unit}", ranking[rank.lit[unit][:SHOWN]]) for unit in mending.units[:ROWS]]
    return [*rows, ("not picked", judging[:SHOWN])]
