"""``python -m dissect``: run, layers, train-segmenter.

    dissect run                          dissect the generator that comes with the lab, write a report
    dissect run runs/egan-scenes-...     dissect the generator of a run, or of a model file
    dissect layers [MODEL]               the layers there are, with their shapes
    dissect train-segmenter              teach a small U-Net to see the drawn scenes, or your own masks

This is the one file of ``dissect`` that knows the lab's checkpoints; the library takes any ``nn.Module``.
"""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import tyro
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from core_gans import shipped
from core_gans.data import scenes
from core_gans.models import Model, load_model, open_model
from core_gans.runs import default_name
from core_gans.session import friendly_errors
from dissect.hooks import layers as layers_of
from dissect.segmenter_training import train_segmenter
from dissect.study import Study, study
from dissect.unet import UNetSegmenter


@dataclass(frozen=True)
class Run:
    """Dissect a generator: which units draw what, what they cause; writes a report (HTML, JSON, CSV)."""

    model: tyro.conf.Positional[Path | None] = None
    """A run's folder or a model file; default: the scenes generator that comes with the lab."""
    layer: tuple[str, ...] = ()
    """Layers to dissect; default: every spatial one. The report is about the one with the most to tell."""
    segmenter: Path | None = None
    """A segmenter made by train-segmenter; default: the one for scenes."""
    images: int = 1_000
    """Images in the sample."""
    seed: int = 0
    """Of the latents and of the random controls."""
    out: Path | None = None
    """The report's folder; default: runs/dissection-DATE."""


@dataclass(frozen=True)
class Layers:
    """List a generator's layers with their shapes."""

    model: tyro.conf.Positional[Path | None] = None
    """A run's folder or a model file; default: the scenes generator that comes with the lab."""


@dataclass(frozen=True)
class TrainSegmenter:
    """Train the small U-Net that tells the dissection what each pixel shows."""

    data: Path | None = None
    """An .npz with images (N, H, W, 3), masks (N, H, W) and class_names; default: freshly drawn scenes."""
    count: int = 8_000
    """Scenes to draw when no data are given."""
    steps: int = 4_500
    """Batches to learn from."""
    seed: int = 0
    """Of the weights, the batches and the drawn scenes."""
    out: Path = Path("segmenter.safetensors")
    """The file; an existing one is kept."""


def main(arguments: list[str] | None = None) -> None:
    """The command ``dissect``."""
    console = Console(markup=False)
    with friendly_errors(console):
        command = tyro.extras.subcommand_cli_from_dict(
            {"run": Run, "layers": Layers, "train-segmenter": TrainSegmenter}, prog="dissect", args=arguments
        )
        if isinstance(command, Run):
            run(command, console)
        elif isinstance(command, Layers):
            model, _ = _model(command.model)
            example = model.game.latents(1, torch.Generator())
            for name, shape in layers_of(model.net, example).items():
                console.print(f"{name:20} {' x '.join(map(str, shape[1:]))}", highlight=False)
        else:
            teach(command, console)


def run(command: Run, console: Console) -> Study:
    """Dissect and tell."""
    if command.images < 2:
        raise ValueError(f"expected at least 2 images, got --images {command.images}.")
    model, name = _model(command.model)
    segmenter = UNetSegmenter.load(command.segmenter or shipped.path("scenes-segmenter"))
    rng = torch.Generator().manual_seed(command.seed)
    latents = model.game.latents(command.images, rng)
    folder = command.out or Path("runs") / default_name("dissection")
    provenance = {
        "generator": name,
        "segmenter": str(command.segmenter or "scenes-segmenter"),
        "seed": str(command.seed),
        "command": shlex.join(["dissect", *sys.argv[1:]]),
        "date": time.strftime("%Y-%m-%d"),
    }
    with Progress(console=console) as bar:
        task = bar.add_task("dissecting", total=command.images)
        found = study(
            model.net,
            latents,
            segmenter,
            folder,
            layers=command.layer,
            colours=segmenter.colours,
            provenance=provenance,
            rng=rng,
            progress=lambda done: bar.update(task, completed=done),
        )
    console.print(found.table())
    console.print(f"report: {found.page}", highlight=False, soft_wrap=True)
    return found


def teach(command: TrainSegmenter, console: Console) -> None:
    """Train, measure on held-out images, save."""
    if command.out.exists():
        raise FileExistsError(f"{command.out} exists already and is kept: choose another name with --out.")
    data = scenes.read(command.data) if command.data else None
    with Progress(console=console) as bar:
        if data is None:
            drawing = bar.add_task("drawing scenes", total=command.count)
            data = scenes.draw_many(command.count, seed=command.seed, progress=_update(bar, drawing))
        learning = bar.add_task("training", total=command.steps)
        segmenter, report = train_segmenter(
            np.asarray(data.images),
            np.asarray(data.masks),
            data.labels,
            steps=command.steps,
            rng=torch.Generator().manual_seed(command.seed),
            colours=data.palette.tolist(),
            progress=_update(bar, learning),
        )
    command.out.parent.mkdir(parents=True, exist_ok=True)
    facts = report.as_dict() | {"seed": command.seed, "command": shlex.join(["dissect", *sys.argv[1:]])}
    segmenter.save(command.out, facts)
    table = Table("class", "IoU", title=f"{report.pixel_accuracy:.2%} of {report.held_out} held-out images' pixels")
    for label, iou in report.iou.items():
        table.add_row(label, "not there" if iou is None else f"{iou:.3f}")
    console.print(table)
    console.print(f"segmenter: {command.out}", highlight=False)


def _model(path: Path | None) -> tuple[Model, str]:
    if path is None:
        return load_model(shipped.path("scenes-generator")), "scenes-generator"
    return open_model(path), path.name


def _update(bar: Progress, task: int) -> Callable[[int], None]:
    return lambda done: bar.update(task, completed=done)  # type: ignore[arg-type]  # rich's TaskID is an int


if __name__ == "__main__":
    main()
