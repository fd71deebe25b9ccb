"""``core-gans judge``: a trained generator measured against real examples, beside what real examples score."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
import tyro
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text
from torch import Tensor

from core_gans import data as datasets
from core_gans import models
from core_gans.data import Examples, Resize, size_of
from core_gans.foundation.errors import LabError
from core_gans.foundation.whole_files import write_whole
from core_gans.metrics import Judge, metrics_for
from core_gans.metrics.choosing import classifier_for
from core_gans.metrics.judge import Progress as Update
from core_gans.metrics.judge import Sampler
from core_gans.metrics.measures import metric_names, unknown_metric
from core_gans.models import Model
from core_gans.runs import folder as runs
from core_gans.runs.configuration import reading_of


@dataclass(frozen=True)
class Judging:
    """Measure the samples of a run or a model file against real examples."""

    source: tyro.conf.Positional[Path]
    """A run's folder or a model file."""
    data: str = ""
    """ring, grid, digits, scenes, or a path; default: what the run was trained on."""
    count: int = 2_000
    """How many samples; most metrics depend on it."""
    metrics: tuple[str, ...] = ()
    """Such as frechet kernel precision recall; default: all that suit the data."""
    features: str = ""
    """digits-cnn, cifar-resnet20 or pca-pixels; default: digits-cnn for digits, pca-pixels for other images."""
    batch: int = 250
    """Samples held at a time."""
    seed: int = 0
    """Of the latents."""
    resize: Resize | None = None
    """Pictures of other proportions: crop, pad or stretch; default: as the run did, else crop."""
    skip_broken: bool = False
    """Leave out pictures that cannot be read."""
    out: Path | None = None
    """Also a JSON file of the numbers; an existing one is kept."""

    def run(self, console: Console) -> None:
        """Judge, and print the numbers."""
        self.measure(console)

    def measure(self, console: Console) -> dict[str, float]:
        """The samples' numbers by name, printed beside those of as many real examples drawn with replacement.

        Raises ValueError or OSError with one line when something does not fit.
        """
        if self.out is not None and self.out.exists():
            raise FileExistsError(f"{self.out} exists already and is kept: choose another name with --out.")
        if self.seed < 0:
            raise ValueError(f"expected a seed of at least 0, got {self.seed}.")
        for metric in self.metrics:
            if metric not in metric_names():
                raise unknown_metric(metric)
        model = models.open_model(self.source)
        if model.player != "generator":
            raise LabError(
                f"{self.source} holds a {model.player}, which draws no samples: give a generator, or a run's folder."
            )
        data = self.data or _trained_on(self.source)
        with Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console
        ) as bars:
            real = _examples(model, data, bars, reading_of(self.source, self.resize, self.skip_broken))
            classifier = classifier_for(real, self.features or None)
            judge = Judge(
                real,
                self.count,
                self.batch,
                classifier if classifier is not None else self.features or None,
                tuple(self.metrics) or metrics_for(real, classifier),
                _bar(bars, "looking at real examples", len(real)),
            )
            rng = torch.Generator().manual_seed(self.seed)

            def sampler(wanted: int) -> Tensor:
                return model.game.sample({"generator": model.net}, wanted, rng)

            found = _judged(judge, sampler, "samples", bars)
            perfect = _judged(judge, judge.real_sampler(torch.Generator().manual_seed(self.seed)), "real ones", bars)
        for note in real.notes:
            console.print(note, highlight=False, soft_wrap=True)
        console.print(
            f"{self.count:,} samples of {self.source} against {real.name}",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
        console.print(_table(found, perfect))
        if self.out is not None:
            _write(self.out, replace(self, data=data, metrics=judge.metrics), found, perfect)
            console.print(f"numbers: {self.out}", highlight=False, soft_wrap=True)
        return found


def _trained_on(source: Path) -> str:
    """The data set of a run, from its configuration."""
    if not source.is_dir():
        raise LabError(f"{source} does not say what it was trained on: give --data.")
    return str(runs.read_config(source)["options"]["data"])


def _examples(model: Model, data: str, bars: Progress, reading: dict[str, Any]) -> Examples:
    """The examples called ``data``, in the size and the colours of the model's samples, read as its run read them."""
    shape = tuple(model.game.sample({"generator": model.net}, 1, torch.Generator().manual_seed(0)).shape[1:])
    bar = bars.add_task(f"reading {data}", total=None)
    options: dict[str, Any] = {"size": size_of(shape), "channels": shape[0], **reading} if len(shape) == 3 else {}
    examples = datasets.load(
        data, **options, progress=lambda done, total: bars.update(bar, completed=done, total=total)
    )
    bars.update(bar, completed=len(examples), total=len(examples))
    if examples.shape != shape:
        raise ValueError(
            f"the model draws samples of shape {shape}, the examples of {data} have the shape {examples.shape}: "
            "give the --data it was trained on."
        )
    return examples


def _judged(judge: Judge, sampler: Sampler, what: str, bars: Progress) -> dict[str, float]:
    summaries = judge.summarise(sampler, _bar(bars, f"drawing {what}", judge.count))
    scoring = bars.add_task(f"scoring {what}", total=None)  # neighbours take most of a minute for 20,000 samples
    found = judge.score(summaries)
    bars.update(scoring, completed=judge.count, total=judge.count)
    return found


def _bar(bars: Progress, what: str, total: int) -> Update:
    task = bars.add_task(what, total=total, start=False)

    def update(done: int) -> None:
        bars.start_task(task)
        bars.update(task, completed=done)

    return update


def _table(found: dict[str, float], perfect: dict[str, float]) -> Table:
    table = Table("metric", "samples", "real examples")
    for name, value in found.items():
        table.add_row(Text(name), f"{value:.4g}", f"{perfect[name]:.4g}")  # as Text, [digits-cnn] is no markup
    return table


def _write(out: Path, asked: Judging, found: dict[str, float], perfect: dict[str, float]) -> None:
    about = {name: str(value) if isinstance(value, Path) else value for name, value in asdict(asked).items()}
    del about["out"]
    out.parent.mkdir(parents=True, exist_ok=True)
    write_whole(out, json.dumps({**about, "samples": found, "real": perfect}, indent=2) + "\n")
