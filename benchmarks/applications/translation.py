"""From labels to photographs and back, from edges to pictures, from day to night: Pix2Pix, judged beside the truth."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from benchmarks.applications.paired import (
    HELD,
    LEARNED,
    SEED,
    Paired,
    beside_the_mean,
    beside_the_source,
    drawn_scenes,
    moved_and_mirrored,
    parted,
)
from benchmarks.applications.row import Row, real_file
from core_gans.data.known_maps import mapped_pairs
from core_gans.data.masked import mask_task, nearest_class
from core_gans.data.pairs import Pairs
from core_gans.data.scenes import COLOURS
from core_gans.data.tasks import task

SIDE = 64
FACADES, CAMVID = "facades_64.npz", "camvid_96x128.npz"


def _photos(file: str) -> tuple[Pairs, Pairs]:
    """The training part of ``file``, grown, and its test part, by which no setting was chosen."""
    learned, held = (
        mask_task("labels-to-photo", f"{real_file(file)}:{part}_masks", size=SIDE) for part in ("train", "test")
    )
    return moved_and_mirrored(learned), held


def _labels() -> tuple[Pairs, Pairs]:
    return parted(mask_task("scene-to-labels", "scenes", size=SIDE, count=LEARNED + HELD, seed=SEED))


def labels_read(learned: Pairs, held: Pairs, drawn: Tensor) -> Row:
    """The share of pixels whose class is right, beside that of every pixel's most frequent class."""
    palette = np.asarray(COLOURS, np.uint8)
    truth = nearest_class(held.target, palette)
    frequent = nearest_class(learned.target, palette).mode(dim=0).values
    return Row(
        (nearest_class(drawn, palette) == truth).float().mean().item(), (frequent == truth).float().mean().item()
    )


facades = Paired(lambda: _photos(FACADES), beside_the_mean)
camvid = Paired(lambda: _photos(CAMVID), beside_the_mean)
scene_from_labels = Paired(
    lambda: parted(mask_task("labels-to-scene", "scenes", size=SIDE, count=LEARNED + HELD, seed=SEED)), beside_the_mean
)
labels_from_scene = Paired(_labels, labels_read)
scene_from_edges = Paired(lambda: parted(task("edges", drawn_scenes(SIDE))), beside_the_mean)
night_in_pairs = Paired(
    lambda: parted(mapped_pairs("day-to-night", drawn_scenes(SIDE))), beside_the_source, {"residual": True}
)
