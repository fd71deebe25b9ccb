"""Samples of every contender, best first: a strip of images each, or a cloud of points for every seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from core_gans.data import Examples, as_float
from core_gans.foundation.colours import RED
from core_gans.foundation.lettering import label
from core_gans.foundation.pixels import Picture
from core_gans.foundation.sheets import beside, cloud, labelled_rows, strip

STRIP = 16  # images of a row
CLOUD = 170  # pixels of a cloud's side
SHOWN = 2_000  # real points behind a cloud
NAMES = 190  # pixels beside a row
MANY = 5  # rows: more of them are shown in two columns where they are narrow

Rows = list[tuple[str, list[Picture]]]


def samples_picture(drawn: Mapping[str, Sequence[Tensor | None]], examples: Examples) -> Picture:
    """``drawn`` holds the samples of each contender for each seed, None where the run diverged."""
    title = f"Samples of {examples.name}"
    if len(examples.shape) > 1:
        shown = as_float(examples.images[:: max(1, len(examples) // STRIP)][:STRIP])
        firsts = {name: [each for each in seeds if each is not None][:1] for name, seeds in drawn.items()}
        rows: Rows = [("real", [strip(shown)])]
        rows += [(name, [strip(each[:STRIP]) for each in first] or [diverged()]) for name, first in firsts.items()]
        return labelled_rows(rows, width=NAMES, title=title, note="the first run of each that came to its end")
    real = examples.images[:SHOWN]
    rows = [
        (name, [diverged() if points is None else cloud_before(real, points) for points in seeds])
        for name, seeds in drawn.items()
    ]
    note = f"one cloud a seed, {len(real):,} real points in grey behind it"
    half = -(-len(rows) // 2)
    if len(rows) <= MANY or len(rows[0][1]) > 3:
        return labelled_rows(rows, width=NAMES, title=title, note=note)
    return beside(
        [
            labelled_rows(rows[:half], width=NAMES, title=title, note=note),
            labelled_rows(rows[half:], width=NAMES, title=" ", note=" "),
        ]
    )


def cloud_before(real: Tensor, points: Tensor, side: int = CLOUD) -> Picture:
    """Points (N, 2) before ``real`` ones (M, 2), which give the scale: the same for all clouds of a page."""
    return cloud(points, real, side, finer=2)


def diverged() -> Picture:
    """What stands in the place of a run's samples."""
    return label("diverged", CLOUD // 2, CLOUD // 2, ink=RED)
