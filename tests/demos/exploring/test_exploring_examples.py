"""Pictures like those that a translating model learned from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from core_gans.foundation.errors import LabError
from core_gans.game import TranslationGame
from core_gans.variants import make
from demos.exploring.learned_from import picture_like


def run(folder: Path, data: str) -> Path:
    options = {"data": data, "size": 16, "seed": 0}
    config = {"format": 1, "kind": "training", "variant": "pix2pix", "fields": {}, "options": options}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def game(variant: str) -> TranslationGame:
    made = make(variant)
    assert isinstance(made, TranslationGame)
    return made


def test_a_task_gives_what_it_makes_of_an_image(tmp_path: Path) -> None:
    folder = run(tmp_path, "edges:scenes")
    first, second = (picture_like(folder, game("pix2pix"), "target", number) for number in (0, 1))
    assert first.shape == (1, 1, 16, 16)
    assert set(first.unique().tolist()) <= {-1.0, 1.0}
    assert not torch.equal(first, second)
    assert torch.equal(first, picture_like(folder, game("pix2pix"), "target", 0))


def test_each_way_begins_with_pictures_of_the_other_side(tmp_path: Path) -> None:
    folder, cyclegan = run(tmp_path, "day-to-night:scenes"), game("cyclegan")
    there = [picture_like(folder, cyclegan, "target", number).mean() for number in range(5)]
    back = [picture_like(folder, cyclegan, "source", number).mean() for number in range(5)]
    assert sum(there) > sum(back) + 0.5  # days are brighter than nights


@pytest.mark.parametrize("data", ["/somewhere/pairs", "pairs.npz", "a,b", "edges:/somewhere"])
def test_files_are_left_alone(tmp_path: Path, data: str) -> None:
    with pytest.raises(LabError, match="files"):
        picture_like(run(tmp_path, data), game("pix2pix"), "target", 0)
