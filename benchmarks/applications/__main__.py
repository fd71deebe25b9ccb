"""``python -m benchmarks.applications [NAMES] [--minutes M] [--seeds N] [--out FILE.json] [--picture FILE]``.

What GANs are used for, each with a judge that is no discriminator and the baseline that it must beat, as Markdown.
``--out`` keeps every seed's figures beside it, ``--picture`` what the first seeds draw.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import tyro
from PIL import Image
from torch import Tensor

from benchmarks.applications.table import APPLICATIONS
from benchmarks.applications.telling import Results, header, line
from core_gans.foundation.sheets import image_rows


@dataclass(frozen=True)
class Options:
    """Measure what GANs are used for."""

    names: tyro.conf.Positional[tuple[str, ...]] = ()
    """Which; default: all."""
    minutes: float | None = None
    """Processor minutes of one training; default: each application's own."""
    seeds: int | None = None
    """Trainings of each, from the seeds 0, 1, 2, ...; default: each application's own."""
    first_seed: int = 0
    """The first seed; choose settings with others than those that are told of."""
    out: Path | None = None
    """Keep the figures of every seed in this JSON file, which must not be there yet."""
    picture: Path | None = None
    """A .jpg or .png of what the first seed of each draws; one that is there is replaced."""


def main(args: Sequence[str] | None = None) -> None:
    """Print the table."""
    options = tyro.cli(Options, prog="python -m benchmarks.applications", args=args)
    for name in options.names:
        if name not in APPLICATIONS:
            raise SystemExit(f"no application is called {name!r}: choose from {', '.join(APPLICATIONS)}.")
    if (options.seeds is not None and options.seeds < 1) or (options.minutes is not None and not options.minutes > 0):
        raise SystemExit(f"expected at least one seed and some minutes, got {options.seeds} and {options.minutes}.")
    results = Results(options.out)
    torch.set_num_threads(1)
    print(f"{time.strftime('%Y-%m-%d')}, torch {torch.__version__}, one thread; processor minutes of one training.\n")
    print(header(), flush=True)
    left_out = []
    looks: list[tuple[str, Tensor]] = []
    for name in options.names or APPLICATIONS:
        application = APPLICATIONS[name]
        reason = application.missing()
        if reason is not None:
            left_out.append(f"{name} is left out: {reason}.")
            continue
        minutes = options.minutes or application.minutes
        rows = []
        for seed in range(options.first_seed, options.first_seed + (options.seeds or application.seeds)):
            rows.append(application.measure(seed, 60 * minutes))
            print(f"{name}, seed {seed}: {rows[-1]}", file=sys.stderr, flush=True)
            results.add(name, minutes, seed, rows[-1])
        print(line(name, application, minutes, rows), flush=True)
        looks += [(words or name.replace("_", " "), images) for words, images in rows[0].looks]
    if options.picture is not None and looks:
        Image.fromarray(image_rows(looks)).save(options.picture)
    if left_out:
        print("\n" + "\n".join(left_out))


if __name__ == "__main__":
    main()
