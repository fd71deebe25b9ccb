"""Drawn landscapes in which clouds drift, the sun or moon sets and people walk; all else stands still to the bit."""

from __future__ import annotations

import numpy as np

from core_gans.data.clips.drawn import DrawnClips
from core_gans.data.data_set import DataSet, Progress, Wanted
from core_gans.data.scenes.canvas import UNITS
from core_gans.data.scenes.composition import draw
from core_gans.data.scenes.movement import Moved
from core_gans.data.scenes.vocabulary import LABELS, Label

WINDS = ("left", "right")


def draw_moving_scenes(
    count: int, size: int = 32, frames: int = 8, seed: int = 0, progress: Progress | None = None
) -> DrawnClips:
    """``count`` clips (count, 3, frames, size, size) and masks of ``scenes.LABELS``; clip i depends on (seed, i) alone.

    The label is the side to which the clouds drift, by 1 to 2 units (of 64 in a picture) a frame; people walk by 0.6 to
    1.2, the sun sets by 0.3 to 0.8. Clouds are soft: at their rims a pixel is a mixture. LabError as ``scenes.draw``.
    """
    clips = np.empty((count, 3, frames, size, size), np.uint8)
    masks = np.empty((count, frames, size, size), np.uint8)
    velocities = np.zeros((count, len(LABELS), 2), np.float32)
    labels = np.empty(count, np.int64)
    for index in range(count):
        chance = np.random.default_rng((seed, index, 1))
        labels[index] = wind = int(chance.integers(2))
        clouds, sun = (2 * wind - 1) * chance.uniform(1, 2), chance.uniform(0.3, 0.8)
        people = chance.uniform(0.6, 1.2) * (1 if chance.random() < 0.5 else -1)
        for frame in range(frames):
            moved = Moved(clouds * frame, sun * frame, people * frame)
            scene = draw(np.random.default_rng((seed, index)), size, moved)
            clips[index, :, frame], masks[index, frame] = scene.image.transpose(2, 0, 1), scene.mask
        scale = size / UNITS
        velocities[index, Label.CLOUD, 0] = clouds * scale
        velocities[index, Label.PERSON, 0] = people * scale
        velocities[index, (Label.SUN, Label.MOON), 1] = sun * scale
        if progress is not None:
            progress(index + 1, count)
    return DrawnClips("moving_scenes", clips, masks, velocities, labels, WINDS)


def _drawn(wanted: Wanted) -> DrawnClips:
    return draw_moving_scenes(wanted.count, wanted.size, wanted.frames, wanted.seed, wanted.progress)


MOVING_SCENES = DataSet(
    "moving_scenes",
    "Drawn landscapes with drifting clouds, a setting sun and walking people.",
    "clips",
    lambda wanted: _drawn(wanted).examples(),
    size=32,
    count=400,
    frames=8,
    kinds=len(WINDS),
    kinds_called="winds",
)
