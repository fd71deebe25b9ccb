"""What the app's tests paint on: a glass generator, whose units are known, and the one that comes with the lab."""

from __future__ import annotations

import pytest
import torch

from core_gans import shipped
from demos.painter import Painter
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


@pytest.fixture(scope="session", params=["glass", "shipped"])
def painter(request: pytest.FixtureRequest) -> Painter:
    """Both painters; the shipped one where it is there."""
    if request.param == "glass":
        return glass_painter()
    if "scenes-generator" not in shipped.names():
        pytest.skip("the scenes generator is not among the shipped models")
    return Painter.shipped()


def seed_with(painter: Painter, concept: str, least: float = 0.02, most: float = 0.2) -> int:
    """The first seed whose scene shows ``concept`` clearly: ``least`` to ``most`` of the picture."""
    for seed in range(400):
        if least <= painter.shares(seed)[concept] <= most:
            return seed
    raise AssertionError(f"none of 400 scenes shows a {concept} clearly")
