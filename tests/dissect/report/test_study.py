"""A study writes its report also where a cause cannot be tested, and says so."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from dissect.report.study import study
from tests.dissect.glass import TREE, ColourSegmenter, GlassGenerator, latents


def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_a_concept_without_units_is_a_remark_and_an_unknown_one_is_refused_before_any_work(tmp_path: Path) -> None:
    sample = latents(12)
    told = study(
        GlassGenerator(), sample, ColourSegmenter(), tmp_path / "out", layers=["stem.glass"], concepts=["sun", "tree"],
        rng=rng(),
    )  # fmt: skip
    assert [effect.units for effect in told.effects] == [(TREE,)]
    assert any(line.startswith("what causes sun was not tested") for line in told.remarks)
    assert told.page.is_file()
    with pytest.raises(ValueError, match="no concept is called 'tre': did you mean tree"):
        study(nn.Identity(), sample, ColourSegmenter(), tmp_path / "other", concepts=["tre"], rng=rng())


class Lamp(nn.Module):
    """Its layer ``lamp`` is one unit: a square of light, which is the picture."""

    def __init__(self) -> None:
        super().__init__()
        self.lamp = nn.Identity()

    def forward(self, z: Tensor) -> Tensor:
        maps = torch.zeros(len(z), 1, 8, 8)
        for scene, (top, left) in zip(maps, (6 * z[:, :2]).long().tolist(), strict=True):
            scene[0, top : top + 2, left : left + 2] = 1
        images: Tensor = self.lamp(maps)
        return images


class Lit:
    labels = ("dark", "light")

    def __call__(self, images: Tensor) -> Tensor:
        return (images[:, 0] > 0.5).long()


def test_a_layer_of_one_unit_has_a_report_without_a_control(tmp_path: Path) -> None:
    told = study(Lamp(), latents(12), Lit(), tmp_path / "out", layers=["lamp"], rng=rng())
    assert told.best.units("light") == [0]
    assert told.effects == ()
    assert any("light was not tested" in line for line in told.remarks)
    assert told.page.is_file()
