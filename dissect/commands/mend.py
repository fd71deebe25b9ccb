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

from core_gans.data import Resize, data_set
from core_gans.foundation.pixels import write_png
from core_gans.metrics.choosing import classifier_asked
from core_gans.models import file_at
from core_gans.runs.configuration import reading_of
from core_gans.runs.folder import new_folder
from dissect import generators
from dissect.commands.mended import save_mended
from dissect.commands.opening import Opened, Source
from dissect.commands.real_images import Thirds, class_note, data_of, thirds
from dissect.commands.sample_memory import require_sample
from dissect.hooks import at_rest
from dissect.mending import Ablation, MendingTrial, best_of, combine, mend, try_layers, write_mending
from dissect.mending.account import verdict
from dissect.mending.artifacts import FEWEST, Ranking
from dissect.mending.pictures import numbered
from dissect.mending.trials import By, Stage, Towards
from dissect.sampling import batches, generate

SHEET = 96  # images on the sheet by which a person marks
SHOWN = 7  # images in a row
ROWS = 3  # units that are shown


MOST_RANDOM = 1_000  # sets


@dataclass(frozen=True)
class Mend:
    """Find the units that cause artifacts, measure what ablating them does, save the mended generator."""

    source: Annotated[Source, tyro.conf.OmitArgPrefixes] = field(default_factory=Source)
    layer: tuple[str, ...] = ()
    """Layers to look in; default: every one worth a look. The one where most is gained is mended."""
    layers: tuple[str, ...] = ()
    """Layers to mend together instead: one after the other, each beside what is ablated already, while it helps."""
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
    batch: int = 32
    """Images that are made at once; it does not change what is found."""
    seed: int = 0
    """Of the latents, the random units and the bootstrap."""
    resize: Resize | None = None
    """Pictures of other proportions: crop, pad or stretch; default: as the run did, else crop."""
    skip_broken: bool = False
    """Leave out pictures that cannot be read."""
    out: Path | None = None
    """The folder; default: runs/mending-DATE."""

    def run(self, console: Console) -> None:
        """Find, choose, judge, write."""
        folder = self.out or new_folder("mending")
        if folder.exists():
            raise FileExistsError(f"{folder} exists already and is kept: choose another folder with --out.")
        if self.random > MOST_RANDOM:
            raise ValueError(f"expected at most {MOST_RANDOM:,} --random, got {self.random:,}.")
        found = self.source.open()
        for note in (*found.notes, *class_note(self.source, self.data)):
            console.print(f"note: {note}", highlight=False, soft_wrap=True)
        layers = self._layers(found)
        require_sample(found, {"images": 2 * self.images, "judged": self.judged})
        rng = torch.Generator().manual_seed(self.seed)
        ranking, choosing, judging = (found.latents(n, rng) for n in (self.images, self.images, self.judged))
        with at_rest(found.net):
            sample = torch.cat([generate(found.net, batch) for batch in batches(ranking[:SHEET], self.batch)])
        if self.by == "marks" and not self.bad:
            folder.mkdir(parents=True)
            write_png(folder / "sample.png", numbered(sample))
            same = "same --images and --seed" + (", another --out" if self.out else "")
            told = f"look at {folder / 'sample.png'} and name the bad images: --bad 3 17, {same}"
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
                counts=self._counts,
                stage=bar,
            )
            chosen = self._chosen(found, trials, choosing, real, bar)
            if not chosen:
                raise ValueError(
                    f"nothing that was tried brings {found.name} nearer to real images: try other layers, a smaller "
                    "--strength, or --by ablation; nothing was written"
                )
            mending = mend(
                found.net,
                [ablation for _, ablation in chosen],
                judging,
                real.judging,
                used=torch.cat((ranking, choosing)),
                values={trial.choice.layer: trial.values for trial, _ in chosen},
                random_sets=self.random,
                rng=rng,
                progress=bar("Judging, beside random units", 2 + self.random),
            )
        facts = self._facts(found, real, chosen[0][0].ranking)
        folder.mkdir(parents=True)
        write_png(folder / "sample.png", numbered(sample))
        choices = [trial.choice for trial in trials] + [trial.choice for trial, _ in chosen if trial.choice.beside]
        shown = _shown(chosen, ranking, judging)
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
            reading_of(self.source.model and file_at(self.source.model), self.resize, self.skip_broken),
            self.batch,
        )

    def _layers(self, found: Opened) -> tuple[str, ...]:
        """The layers to look in; a ValueError where an option does not fit them."""
        for name, least in {"images": 2 * FEWEST, "judged": 2, "real": 2, "random": 1, "batch": 1}.items():
            if (value := getattr(self, name)) < least:
                raise ValueError(f"expected at least {least} for --{name}, got {value}.")
        if not self.strength or not all(0 < strength <= 1 for strength in self.strength):
            raise ValueError(f"expected strengths above 0 and at most 1, got --strength {self.strength}.")
        if self.by == "marks" and (foreign := [n for n in self.bad if not 0 <= n < min(SHEET, self.images)]):
            raise ValueError(f"sample.png numbers images from 0 to {min(SHEET, self.images) - 1}, got --bad {foreign}.")
        if self.by != "marks" and self.bad:
            raise ValueError("--bad marks images: it needs --by marks.")
        if self.by != "marks" or self.bad:
            data_set(data_of(self.source, self.data))
            if self.features is not None:
                classifier_asked(self.features)
        example = found.example()
        if self.layer and self.layers:
            raise ValueError(
                "--layer looks for the one layer that gains most, --layers mends several: give one of them."
            )
        layers = self.layers or self.layer or tuple(generators.default_layers(found.net, example))
        if not layers:
            raise ValueError(f"{found.name} has no layer that puts out maps, so it cannot be mended.")
        generators.check_layers(found.net, example, layers)
        if self.units != "auto":
            widths = {layer: generators.layer_shape(found.net, layer, example)[1] for layer in layers}
            if not 1 <= self.units <= min(widths.values()) // 2:
                told = ", ".join(f"{layer}: {width}" for layer, width in widths.items())
                raise ValueError(f"expected from 1 to half of a layer's units ({told}), got --units {self.units}.")
        return layers

    @property
    def _counts(self) -> tuple[int, ...]:
        return () if self.units == "auto" else (self.units,)

    def _chosen(
        self, found: Opened, trials: Sequence[MendingTrial], choosing: Tensor, real: Thirds, stage: Stage
    ) -> list[tuple[MendingTrial, Ablation]]:
        """What is mended: of the one layer that does best, or of several; the number of units asked for, or the best.

        Empty where nothing helps. Of one layer a number that was asked for is taken whatever it does.
        """
        if self.layers:
            steps = combine(found.net, trials, choosing, real.choosing, counts=self._counts, stage=stage)
            return [(trial, trial.ablation) for trial in steps]
        if self.units == "auto":
            best = best_of(trials)
            return [(best, best.ablation)] if best.choice.best else []
        best = min(trials, key=lambda trial: trial.choice.distances[-1])
        return [(best, best.of(self.units))]

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


def _shown(
    chosen: Sequence[tuple[MendingTrial, Ablation]], ranking: Tensor, judging: Tensor
) -> list[tuple[str, Tensor]]:
    """The images that light the first units up most, and some that were not picked."""
    each = ROWS if len(chosen) == 1 else 1  # units of a layer
    rows = [
        (f"lights up unit {unit} of {ablation.layer}", ranking[trial.ranking.lit[unit][:SHOWN]])
        for trial, ablation in chosen
        for unit in ablation.units[:each]
    ]
    return [*rows, ("not picked", judging[:SHOWN])]
