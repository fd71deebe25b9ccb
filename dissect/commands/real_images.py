"""Real images for a command to hold a generator's against, in thirds: to fit features to, to choose by, to judge by.

Components that are fitted to some images fit those better than any others, so that distances to them mean little.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from core_gans import data as datasets
from core_gans import shipped
from core_gans.data import Examples, as_float
from core_gans.foundation.memory import require_memory
from core_gans.metrics.choosing import classifier_for, extractor_for, features_of
from core_gans.models import file_at
from core_gans.runs import folder as runs
from dissect.commands.opening import ANY, Source
from dissect.mending.frechet import FrechetScorer

FEWEST = 100  # real images in each third
SEED = 987_654  # of drawn scenes: others than those that generators are trained on


@dataclass(frozen=True, eq=False)
class Thirds:
    """Two gauges through the same features, each with its own real images."""

    name: str  # of the data
    choosing: FrechetScorer
    judging: FrechetScorer
    images: int  # real ones in each
    floor: float  # the distance between those that choose and those that judge: a perfect generator's


def thirds(
    data: str,
    shape: tuple[int, ...],
    count: int,
    features: str | None,
    progress: datasets.Progress | None = None,
    reading: Mapping[str, Any] | None = None,
    batch: int = 32,
) -> Thirds:
    """At most ``count`` real images of ``shape`` (C, H, W), evenly spaced in the data set called ``data``.

    ``features`` is a name that ``core-gans judge --features`` knows; ``progress`` hears how many images of how many are
    read, ``reading`` is what ``data.load`` takes besides, and the gauges look at ``batch`` images at once. Raises
    ValueError for data of another shape, or too few of them.
    """
    if datasets.data_set(data).count:  # drawn, as many as are asked for
        require_memory(count * math.prod(shape), f"{count:,} real images of {data}", "--real")
    size = datasets.size_of(shape)
    asked = {"size": size, "channels": shape[0], "count": count, **(reading or {})}
    real = datasets.load(data, seed=SEED, progress=progress, **asked)
    if real.shape != shape:
        raise ValueError(f"the generator makes images of shape {shape}, those of {data} are {real.shape}: give --data")
    kept = torch.linspace(0, len(real) - 1, min(count, len(real))).round().long()
    images = real.images[kept]
    each = len(images) // 3
    if each < FEWEST:
        raise ValueError(f"expected at least {3 * FEWEST} real images, a third of them to judge by, got {len(images)}")
    fitted, chosen, judged = (images[start : 3 * each : 3] for start in range(3))
    extractor = extractor_for(Examples(real.name, fitted), classifier_for(real, features))

    def look(seen: Tensor) -> Tensor:
        return features_of(extractor, seen.cpu())

    one, two = (torch.cat([look(as_float(part)) for part in third.split(250)]) for third in (chosen, judged))
    choosing, judging = (FrechetScorer(look, third, extractor.name, batch) for third in (one, two))
    return Thirds(real.name, choosing, judging, each, judging.distance(one))


def data_of(source: Source, asked: str) -> str:
    """The data asked for; else what the run was trained on, or scenes for the generator that comes with the lab."""
    if asked:
        return asked
    if source.generator is None and source.model is None:
        return shipped.DATA
    if source.model is not None and file_at(source.model).is_dir():
        return str(runs.read_config(source.model)["options"]["data"])
    raise ValueError(
        "what real images look like here is not known: name digits, scenes, or a folder or file of images with --data"
    )


def class_note(source: Source, asked: str) -> tuple[str, ...]:
    """What to say where one class alone is drawn, and held against the data of the run, which are of all classes."""
    if asked or source.label in (None, ANY):
        return ()
    return (
        f"class {source.label} alone is drawn, and the real images are of all classes, so the distances tell of what "
        "it lacks of the others, too: give pictures of that class with --data",
    )
