"""The scenes as a data set: drawn as they are wanted, with captions and with exact masks."""

from __future__ import annotations

from core_gans.data.data_set import DataSet, ShortRun, Wanted
from core_gans.data.scenes.sets import SceneSet, draw_many, examples


def _drawn(wanted: Wanted) -> SceneSet:
    told = wanted.progress
    progress = None if told is None else (lambda done: told(done, wanted.count))
    return draw_many(wanted.count, wanted.size, wanted.seed, progress)


SCENES = DataSet(
    "scenes",
    "Drawn landscapes, with their masks and captions.",
    "images",
    lambda wanted: examples(_drawn(wanted)),
    size=64,
    colours=3,
    count=4_000,
    with_masks=_drawn,
    short=ShortRun(
        240.0,
        {"width": 32, "rate": 4e-4, "upsampling": "resize"},
        average=0.995,
        size=32,
        count=1_500,
        about="At 32 × 32 pixels a few minutes give sky, meadow and the first houses.",
    ),
)
