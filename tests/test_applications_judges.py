"""The judges of applications, on what is known: slanted and wide strokes, and a classifier of real digits."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from torch import Tensor

from benchmarks.applications.classes import MNIST_NEEDS, lenet
from benchmarks.applications.codes import code_followed
from benchmarks.applications.real_sets import MNIST
from benchmarks.applications.row import DATA, real_file
from benchmarks.applications.strokes import measured
from core_gans.data import as_float, load
from core_gans.variants import InfoGAN


def line(slope: float, side: int = 64) -> Tensor:
    """A stroke (1, side, side) in [-1, 1] that moves ``slope`` pixels to the right with each pixel further down."""
    down = torch.arange(side, dtype=torch.float64)[:, None]
    right = torch.arange(side, dtype=torch.float64)[None, :]
    centre = (side - 1) / 2 + slope * (down - (side - 1) / 2)
    return (1 - (right - centre).abs()).clamp(min=0)[None] * 2 - 1


class TestStrokes:
    @pytest.mark.parametrize("slope", [-0.5, 0.0, 0.25, 0.5])
    def test_a_line_has_its_slope(self, slope: float) -> None:
        slant, width, ink = measured(line(slope)[None])[0].tolist()
        assert slant == pytest.approx(slope, abs=1e-6)
        assert ink == pytest.approx(1 / 64)
        # mu20 of the line is slope^2 times mu02 of 64 rows, and at most 1/4 more for its pixels
        assert width**2 == pytest.approx(slope**2 * (64**2 - 1) / 12, abs=0.26)

    def test_a_bar_has_the_width_of_a_uniform_distribution(self) -> None:
        image = torch.full((1, 1, 32, 32), -1.0)
        image[..., 8:24, 5:17] = 1
        slant, width, ink = measured(image)[0].tolist()
        assert slant == pytest.approx(0, abs=1e-9)
        assert width == pytest.approx(((12**2 - 1) / 12) ** 0.5)
        assert ink == pytest.approx(16 * 12 / 32**2)

    def test_an_empty_page_is_measured_without_a_division_by_zero(self) -> None:
        assert torch.isfinite(measured(torch.full((1, 1, 8, 8), -1.0))).all()


class Slanting(torch.nn.Module):
    """Latents of ``InfoGAN`` to a line whose slope is the last code times a gain for each category."""

    def __init__(self, *gains: float) -> None:
        super().__init__()
        self.gains = torch.tensor(gains)

    def forward(self, latents: Tensor) -> Tensor:
        slopes = latents[:, -1] * (latents[:, 4:6] @ self.gains)
        return torch.stack([line(slope, 16) for slope in slopes.tolist()]).float()


class TestCodes:
    GAME = InfoGAN(shape=(1, 16, 16), latent=4, categories=2, codes=2)

    @pytest.mark.parametrize("gain", [0.5, -0.5])
    def test_a_planted_code_is_found_whatever_its_sign(self, gain: float) -> None:
        found = code_followed(self.GAME, Slanting(gain, gain), seed=0)
        assert found == pytest.approx({"code in a category": 1, "one sign": 1, "overall": 1}, abs=1e-3)

    def test_a_sign_of_its_own_in_every_category_is_no_sign_over_all(self) -> None:
        found = code_followed(self.GAME, Slanting(0.5, -0.5), seed=0)
        assert found == pytest.approx({"code in a category": 1, "one sign": 0, "overall": 0}, abs=1e-3)

    def test_a_code_that_moves_nothing_follows_nothing(self) -> None:
        assert set(code_followed(self.GAME, Slanting(0.0, 0.0), seed=0).values()) == {0.0}


@pytest.mark.skipif(
    not all((Path(os.environ.get(DATA, "/nowhere")) / name).is_file() for name in MNIST_NEEDS),
    reason=f"needs MNIST and a LeNet-5 in the folder that {DATA} names",
)
def test_the_judge_of_mnist_knows_real_digits() -> None:
    data = load(f"{real_file(MNIST)}:test_images", size=32)
    assert data.labels is not None
    said = lenet()((as_float(data.images[:1000]) + 1) / 2).argmax(dim=1)
    assert (said == data.labels[:1000]).float().mean() > 0.98
