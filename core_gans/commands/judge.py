"""``core-gans judge``: a generator, or a data set, measured against real examples, beside what real examples score."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import tyro
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from core_gans import models
from core_gans.commands.judge_answers import judged_answers
from core_gans.commands.judge_texts import judged_texts
from core_gans.commands.judged_source import source_at
from core_gans.data import Resize
from core_gans.foundation.errors import LabError
from core_gans.foundation.whole_files import write_whole
from core_gans.game import HeldOutGame
from core_gans.games.texts import TextGame
from core_gans.metrics import Judge, PrincipalPixels, metrics_for
from core_gans.metrics.choosing import classifier_asked, classifier_for, pixels_told
from core_gans.metrics.inception import SUFFIXES
from core_gans.metrics.judge import Progress as Update
from core_gans.metrics.judge import Sampler
from core_gans.metrics.measures import FID, metric_names, unknown_metric
from core_gans.runs.configuration import reading_of
from core_gans.runs.folder import NEWEST


@dataclass(frozen=True)
class Judging:
    """Measure the samples of a run or a model file, or one data set, against real examples."""

    source: tyro.conf.Positional[Path]
    """A run's folder or a model file; or any data set or folder of pictures, to be compared with --data."""
    data: str = ""
    """ring, grid, digits, scenes, or a path; default: what the run was trained on."""
    checkpoint: str = NEWEST
    """Of a run: newest, best (by the judge, where --judge-every was given), or a round that was kept."""
    count: int = 2_000
    """How many samples; most metrics depend on it. Of a data set, at most all that it has."""
    size: int | None = None
    """Side of the images where two data sets are compared; default: 32 pixels, 64 of scenes."""
    metrics: tuple[str, ...] = ()
    """Such as frechet kernel precision recall; default: all that suit the data."""
    features: str = ""
    """digits-cnn, mnist-cnn, cifar-resnet20 or pca-pixels; clip:FOLDER or dino:FOLDER, of transformers; a file of
    Inception's weights as pytorch-fid has them, for fid. Default: the classifier that knows the data, or pca-pixels."""
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
        if (model := models.open_texts(self.source, self.checkpoint)) is not None:
            return self._texts(model, console)
        if (answering := models.open_answers(self.source, self.checkpoint)) is not None:
            return self._answers(answering, console)
        if self.count < 2 or self.batch < 1:
            raise ValueError(f"expected at least 2 samples and a batch of 1, got {self.count} and {self.batch}.")
        self._require_metrics()
        asked = classifier_asked(self.features) if self.features else None
        source = source_at(self.source, self.checkpoint)
        with Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console
        ) as bars:
            reading = bars.add_task("reading real examples", total=None)
            run = self.source if source.is_run else None
            how = reading_of(run, self.resize, self.skip_broken, own=not self.data)
            real = source.real(
                self.data, self.size, how, lambda done, total: bars.update(reading, completed=done, total=total)
            )
            bars.update(reading, completed=len(real), total=len(real))
            classifier = asked if self.features else classifier_for(real, None)
            judge = Judge(
                real,
                source.count(self.count),
                self.batch,
                classifier if classifier is not None else PrincipalPixels.name,
                tuple(self.metrics) or metrics_for(real, classifier),
                _bar(bars, "looking at real examples", len(real)),
            )
            found = _judged(judge, source.sampler(real, self.seed), "samples", bars)
            perfect = _judged(judge, judge.real_sampler(self.seed), "real ones", bars)
        for note in real.notes:
            console.print(note, highlight=False, soft_wrap=True)
        console.print(
            f"{judge.count:,} samples of {self.source} against {real.name}",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
        console.print(_table(found, perfect))
        if not self.features and (told := pixels_told(found, real.name)):
            console.print(told, highlight=False, markup=False, soft_wrap=True)
        if self.out is not None:
            _write(self.out, replace(self, data=self.data or real.name, metrics=judge.metrics), found, perfect)
            console.print(f"numbers: {self.out}", highlight=False, soft_wrap=True)
        return found

    def _texts(self, model: models.Model[TextGame], console: Console) -> dict[str, float]:
        """The numbers of a game of texts."""
        if self.metrics or self.features or self.size is not None:
            raise LabError(f"{model.game.name} writes texts: leave --metrics, --features and --size out.")
        if self.count < 2:
            raise LabError(f"expected a --count of at least 2, got {self.count}.")
        found, real, data, notes = judged_texts(model, self.source, self.data, self.count, self.seed)
        for note in [models.hardly_learned(model), *notes]:
            if note:
                console.print(note, highlight=False, soft_wrap=True)
        console.print(f"{self.source} against held-out texts of {data}", highlight=False, markup=False, soft_wrap=True)
        console.print(_table(found, real))
        if self.out is not None:
            _write(self.out, replace(self, data=data), found, real)
            console.print(f"numbers: {self.out}", highlight=False, soft_wrap=True)
        return found

    def _answers(self, model: models.Model[HeldOutGame], console: Console) -> dict[str, float]:
        """The numbers of a game that answers given examples; those of its baselines stand among them."""
        if self.metrics or self.features or self.size is not None:
            raise LabError(f"{model.game.name} has measures of its own: leave --metrics, --features and --size out.")
        found, data = judged_answers(model, self.source, self.data, self.seed)
        if told := models.hardly_learned(model):
            console.print(told, highlight=False, soft_wrap=True)
        console.print(f"{self.source} on held-out examples of {data}", highlight=False, markup=False, soft_wrap=True)
        table = Table("measure", "value")
        for name, value in found.items():
            table.add_row(Text(name), f"{value:.4g}")
        console.print(table)
        if self.out is not None:
            _write(self.out, replace(self, data=data), found, {})
            console.print(f"numbers: {self.out}", highlight=False, soft_wrap=True)
        return found

    def _require_metrics(self) -> None:
        """ValueError for a name that is no metric, and for fid without the network that it is measured on."""
        for metric in self.metrics:
            if metric not in metric_names():
                raise unknown_metric(metric)
            if metric in FID.metrics and not self.features.endswith(SUFFIXES):
                raise LabError(
                    "fid is measured on an Inception network, which does not come with the lab: give its weights, "
                    "--features FILE.pth; or did you mean frechet, the same distance on other features?"
                )


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
        beside = f"{perfect[name]:.4g}" if name in perfect else ""
        table.add_row(Text(name), f"{value:.4g}", beside)  # as Text, [digits-cnn] is no markup
    return table


def _write(out: Path, asked: Judging, found: dict[str, float], perfect: dict[str, float]) -> None:
    about = {name: str(value) if isinstance(value, Path) else value for name, value in asdict(asked).items()}
    del about["out"]
    out.parent.mkdir(parents=True, exist_ok=True)
    write_whole(out, json.dumps({**about, "samples": found, "real": perfect}, indent=2) + "\n")
