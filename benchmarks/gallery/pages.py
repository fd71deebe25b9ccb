"""The gallery as pictures and tables: a sheet a data set, small rows for the app, lines for the table of recipes."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from benchmarks.gallery.sets import GallerySet
from benchmarks.gallery.training import SHOWN, Trained
from core_gans.data import Examples, as_float
from core_gans.foundation.pixels import Picture
from core_gans.foundation.sheets import cloud, labelled_rows, sheet
from core_gans.recipes import Measured, choosing
from demos.variants.gallery import file_name as name_in_the_app

QUALITY = 85  # of JPEG
APP_SAMPLES = 10  # in a row of the app
NAMES = 190  # pixels beside a row of the sheet
MEASURED = Path(__file__).parents[2] / "core_gans" / "recipes" / "measured.json"
APP = Path(__file__).parents[2] / "demos" / "variants" / "rows"


def save_row(folder: Path, trained: Trained) -> None:
    """What a row leaves behind: numbers as JSON, samples as bytes of a tensor file."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(trained.samples, folder / f"{file_name(trained.measured.row)}.pt")
    text = json.dumps(dataclasses.asdict(trained.measured), indent=1)
    (folder / f"{file_name(trained.measured.row)}.json").write_text(text, encoding="utf-8")


def read_row(folder: Path, row: str) -> Trained | None:
    """A row that was saved before; None where there is none."""
    path = folder / f"{file_name(row)}.json"
    if not path.is_file():
        return None
    measured = Measured(**json.loads(path.read_text(encoding="utf-8")))
    return Trained(measured, torch.load(path.with_suffix(".pt"), weights_only=True))


def file_name(row: str) -> str:
    """``fgan/kl`` as fgan-kl."""
    return row.replace("/", "-")


def write_sheet(path: Path, of: GallerySet, examples: Examples, trained: Sequence[Trained]) -> None:
    """One picture: real examples, then a row of samples a variant."""
    rows = [(f"real\n{of.about}", [_tile(examples, _real(examples))])]
    for each in trained:
        distance = next(value for name, value in each.measured.figures.items() if name.startswith("frechet"))
        rows.append((f"{each.measured.row}\nFrechet {distance:.3g}", [_tile(examples, each.samples)]))
    picture = labelled_rows(rows, width=NAMES)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path, quality=QUALITY)


def write_app_rows(of: GallerySet, trained: Sequence[Trained]) -> None:
    """A small picture a variant for the Variants tab: its samples."""
    for row, samples in ((each.measured.row, each.samples) for each in trained):
        path = APP / name_in_the_app(row, of.name)
        path.parent.mkdir(exist_ok=True)
        picture = sheet(_pictures(samples, APP_SAMPLES), APP_SAMPLES) if samples.dim() > 2 else cloud(samples, size=120)
        Image.fromarray(picture).save(path, quality=QUALITY)


def table(of: GallerySet, trained: Sequence[Trained], real: dict[str, float]) -> str:
    """The figures in Markdown, each row with the command that trains it, and where samples can be recognised, when."""
    names = list(real)
    columns = [*names, "rounds", *(["shows after"] if of.recognised else [])]
    lines = [f"| row | {' | '.join(columns)} | command |", "|" + " :-- |" + " --: |" * len(columns) + " :-- |"]
    lines.append(
        f"| real | {' | '.join(f'{real[name]:.3g}' for name in names)} |{' |' * (len(columns) - len(names) + 1)}"
    )
    for each in trained:
        numbers = " | ".join(f"{each.measured.figures[name]:.3g}" for name in names)
        after = "never" if each.measured.shown_after is None else f"{each.measured.shown_after:,}"
        told = [f"{each.measured.rounds:,}", *([after] if of.recognised else []), f"`{command(of, each.measured)}`"]
        lines.append(f"| {each.measured.row} | {numbers} | {' | '.join(told)} |")
    return "\n".join(lines) + "\n"


def command(of: GallerySet, measured: Measured) -> str:
    """What trains the row: the same rounds; on points, whose rates fall over the rounds of a run, as many seconds."""
    variant, chosen = choosing(measured.row)
    flags = "".join(f" --{name.replace('_', '-')} {value}" for name, value in chosen.items())
    bound = f"--seconds {measured.seconds:g}" if measured.kind == "points" else f"--rounds {measured.rounds}"
    return f"core-gans train {variant}{flags} --data {of.words} {bound} --seed {measured.seed} --threads 1"


def record(trained: Sequence[Trained]) -> None:
    """Put the measurements into the table of recipes, in the place of older ones of the same row and data."""
    kept = json.loads(MEASURED.read_text(encoding="utf-8"))
    new = [dataclasses.asdict(each.measured) for each in trained]
    places = {(each["row"], each["data"]) for each in new}
    lines = [each for each in kept if (each["row"], each["data"]) not in places] + new
    text = ",\n".join(json.dumps(line) for line in sorted(lines, key=lambda line: (line["data"], line["row"])))
    MEASURED.write_text(f"[\n{text}\n]\n", encoding="utf-8")


def _real(examples: Examples) -> Tensor:
    count = SHOWN if len(examples.shape) > 1 else 2_000
    return as_float(examples.images[:: max(1, len(examples) // count)][:count])


def _tile(examples: Examples, samples: Tensor) -> Picture:
    if samples.dim() > 2:
        return sheet(_pictures(samples, SHOWN), SHOWN)
    return cloud(samples, examples.images[:2_000], size=160)


def _pictures(samples: Tensor, count: int) -> Tensor:
    """``count`` pictures (N, C, H, W) of ``samples``: the first ones, or of clips four or five frames each."""
    if samples.dim() == 4:
        return samples[:count]
    frames = 4 if count % 4 == 0 else 5
    shown = samples[: count // frames, :, [step * samples.shape[2] // frames for step in range(frames)]]
    return shown.transpose(1, 2).flatten(0, 1)
