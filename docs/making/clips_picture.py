"""The film of drawn clips: six of moving digits, and below them six of moving scenes.

python -m docs.making.clips_picture docs/images/sequences-drawn.gif
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from core_gans.data import as_float
from core_gans.data.clips.moving_digits import draw_moving_digits
from core_gans.data.clips.moving_scenes import draw_moving_scenes
from core_gans.foundation.films import write_film
from core_gans.foundation.sheets import below, sheet

COLUMNS = 6


def main(path: Path) -> None:
    """Draw the film and write it."""
    parts = [as_float(draw(COLUMNS).examples().images) for draw in (draw_moving_digits, draw_moving_scenes)]
    frames = range(parts[0].shape[2])
    write_film(path, np.stack([below([sheet(part[:, :, t], COLUMNS, scale=2) for part in parts]) for t in frames]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
