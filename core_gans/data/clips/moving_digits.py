"""A handwritten digit that moves over black: to the left, to the right, up or down, by whole pixels.

After the moving digits of Srivastava et al. 2015 ("Unsupervised Learning of Video Representations using LSTMs"), with
one digit, whose way is straight: the kind of its motion is the label, and every frame is a shift of the one before.
"""

from __future__ import annotations

import numpy as np

from core_gans.data.clips.drawn import DrawnClips
from core_gans.data.data_set import DataSet, Wanted
from core_gans.data.digits import digits
from core_gans.foundation.errors import LabError

WAYS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}  # to the right, down
FASTEST = 3  # pixels in a frame
SMALLEST = 16  # pixels a side


def draw_moving_digits(count: int, size: int = 32, frames: int = 8, seed: int = 0) -> DrawnClips:
    """``count`` clips (count, 1, frames, size, size); clip i depends on (seed, i) alone.

    The digit is half as high as the picture and moves by 1 to 3 pixels a frame, as fast as there is room for; where a
    frame a pixel is too fast for it to stay inside, it leaves on one side and comes back on the other. LabError for a
    size below 16.
    """
    if size < SMALLEST:
        raise LabError(f"moving digits need at least {SMALLEST} pixels a side, got {size}.")
    side = size // 2
    known = digits(side).images[:, 0].numpy()
    room = size - side
    fastest = max(1, min(FASTEST, room // max(frames - 1, 1)))
    clips = np.zeros((count, 1, frames, size, size), np.uint8)
    velocities = np.zeros((count, 2, 2), np.float32)
    labels = np.empty(count, np.int64)
    for index in range(count):
        rng = np.random.default_rng((seed, index))
        labels[index] = way = rng.integers(len(WAYS))
        velocity = np.array(list(WAYS.values())[way]) * rng.integers(1, fastest + 1)
        travel = velocity * (frames - 1)
        low, high = np.maximum(0, -travel), room - np.maximum(0, travel)
        place = rng.integers(np.where(low <= high, low, 0), np.where(low <= high, high, room) + 1)
        picture = np.zeros((size, size), np.uint8)
        picture[:side, :side] = known[rng.integers(len(known))]
        for frame in range(frames):
            right, down = place + velocity * frame
            clips[index, 0, frame] = np.roll(picture, (down, right), (0, 1))
        velocities[index, 1] = velocity
    masks = (clips[:, 0] > 0).astype(np.uint8)
    return DrawnClips("moving_digits", clips, masks, velocities, labels, tuple(WAYS))


def _drawn(wanted: Wanted) -> DrawnClips:
    return draw_moving_digits(wanted.count, wanted.size, wanted.frames, wanted.seed)


MOVING_DIGITS = DataSet(
    "moving_digits",
    "Handwritten digits that move to the left, to the right, up or down.",
    "clips",
    lambda wanted: _drawn(wanted).examples(),
    size=32,
    count=4_000,
    frames=8,
    kinds=len(WAYS),
    kinds_called="ways",
    features="motion-cnn",
)
