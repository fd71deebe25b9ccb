"""What the app's tests paint on: a glass generator, whose units are known, and the one that comes with the lab."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from core_gans import shipped
from demos.lab import Lab
from demos.model_store import SHIPPED
from demos.paint.painter import Painter
from dissect import dissect
from tests.dissect.glass import COLOURS, ColourSegmenter, GlassGenerator, latents

# After every event gradio sums up its own statistics, with options of pandas that newer versions warn of.
SERVED = pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio.queueing")


def glass_painter() -> Painter:
    generator, segmenter = GlassGenerator(), ColourSegmenter()
    found = dissect(generator, "stem.glass", latents(64), segmenter)
    colours = COLOURS.add(1).mul(127.5).round().int().tolist()
    return Painter(generator, lambda rng: torch.rand(1, 6, generator=rng), found, segmenter, colours)


@pytest.fixture(scope="session")
def glass() -> Painter:
    """Paints on glass: pictures of 32x32 in which trees, doors and the sky have one unit each."""
    return glass_painter()


def lab_with(painter: Painter, runs: Path) -> Lab:
    """A lab in which ``painter`` paints in place of the one that comes with it."""
    lab = Lab.at(runs)
    lab.painters.put(SHIPPED, painter)
    return lab


@pytest.fixture(scope="session", params=["glass", "shipped"])
def painter(request: pytest.FixtureRequest) -> Painter:
    """Both painters; the shipped one where it is there."""
    if request.param == "glass":
        return glass_painter()
    if "scenes-generator" not in shipped.names():
        pytest.skip("the scenes generator is not among the shipped models")
    return Painter.shipped()


def seeds_with(painter: Painter, concept: str, count: int = 1) -> list[int]:
    """The first scenes that show one clear ``concept``: a fiftieth to a fifth of the picture, nearly all of it joined.

    The painter's own segmenter decides.
    """
    found: list[int] = []
    for seed in range(400):
        there = (painter.edit_session(seed).classes_before == painter.labels.index(concept)).numpy().astype(np.uint8)
        _, _, figures, _ = cv2.connectedComponentsWithStats(there)
        joined = figures[1:, cv2.CC_STAT_AREA].max(initial=0)
        if 0.02 <= there.mean() <= 0.2 and joined >= 0.9 * there.sum():
            found.append(seed)
        if len(found) == count:
            return found
    raise AssertionError(f"only {len(found)} of 400 scenes show one clear {concept}")
