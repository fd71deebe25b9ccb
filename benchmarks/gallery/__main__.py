"""``python -m benchmarks.gallery digits mnist --seconds 60``: every variant with its recipe, judged and shown.

Each row is trained for seconds of one core's time with the seed given, judged by what knows the data (never by its
discriminator), and kept in OUT: a row that is there is not trained again, so an interrupted gallery goes on. Sheets,
tables and, with --record, the table of recipes and the pictures of the app are written whenever a row is done.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import tyro

from benchmarks.applications.row import real_file
from benchmarks.gallery import pages
from benchmarks.gallery.sets import NEEDS, SETS, GallerySet
from benchmarks.gallery.training import Trained, train_row
from benchmarks.timing import chosen, heading
from core_gans.data import Examples
from core_gans.recipes import choosing, kind_of, recipe_for, row_of, rows
from core_gans.variants import variant


@dataclass(frozen=True)
class Gallery:
    """Train, judge and show."""

    names: tyro.conf.Positional[tuple[str, ...]] = ("digits",)
    """Data sets: digits, mnist, cifar, scenes, ring, moving_digits; mnist and cifar are read from GANLAB_DATA."""
    only: tuple[str, ...] = ()
    """Rows, as wgan or fgan/kl; default: all."""
    seconds: float = 60.0
    """Of one core for each row."""
    seed: int = 0
    """Settings were chosen on seed 10 and above."""
    out: Path = Path("runs/gallery")
    """Where rows, sheets and tables are kept."""
    record: bool = False
    """Write what was measured into core_gans/recipes and demos/variants/rows, too."""


def main(arguments: list[str] | None = None) -> None:
    """Play what is missing."""
    asked = tyro.cli(Gallery, args=arguments, prog="python -m benchmarks.gallery", description=__doc__)
    torch.set_num_threads(1)
    wanted = chosen(asked.only, rows(), "row of the recipes") if asked.only else own_rows()
    for name in chosen(asked.names, list(SETS), "data set of the gallery"):
        for file in NEEDS.get(name, ()):
            real_file(file)
        play(SETS[name], wanted, asked)


def own_rows() -> list[str]:
    """All rows but those of variants whose default has a row of its own."""
    return [row for row in rows() if row_of(choosing(row)[0], {**_defaults(row), **choosing(row)[1]}) == row]


def _defaults(row: str) -> dict[str, Any]:
    return dataclasses.asdict(variant(choosing(row)[0])())


def play(of: GallerySet, wanted: list[str], asked: Gallery) -> None:
    """One data set; of the rows ``wanted`` those that have a recipe for its kind."""
    examples = of.load()
    drawing = rows(kind_of(examples.shape))
    judge, glance = of.judge(examples), of.glance(examples)
    real = of.figures(judge, judge.real_sampler(asked.seed))
    print(f"{heading()}\n{of.name}: real {real}", flush=True)
    folder = asked.out / of.name
    done: list[Trained] = []
    for row in (row for row in wanted if row in drawing):
        trained = pages.read_row(folder, row)
        if trained is None or trained.measured.settings != settings(row, examples):
            try:
                trained = train_row(row, of, examples, judge, glance, asked.seconds, asked.seed)
            except ValueError as error:
                print(f"{row}: {error}", flush=True)
                continue
            pages.save_row(folder, trained)
            print(f"{row}: {trained.measured.rounds} rounds, {trained.measured.figures}", flush=True)
        done.append(trained)
        write(of, examples, done, real, asked)


def settings(row: str, examples: Examples) -> str:
    """The digest of the settings that ``row`` has now."""
    name, fields = choosing(row)
    recipe = recipe_for(name, kind_of(examples.shape), fields, len(examples))
    assert recipe is not None
    return recipe.settings


def write(of: GallerySet, examples: Examples, done: list[Trained], real: dict[str, float], asked: Gallery) -> None:
    """Sheet and table of what is done."""
    pages.write_sheet(asked.out / f"gallery-{of.name}.jpg", of, examples, done)
    (asked.out / f"{of.name}.md").write_text(pages.table(of, done, real), encoding="utf-8")
    if asked.record:
        pages.record(done)
        pages.write_app_rows(of, done)


if __name__ == "__main__":
    main()
