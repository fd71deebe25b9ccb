"""Data sets as values: what a value says of its examples is true of them, and a name or a path finds it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from core_gans.data import KNOWN, NAMES, DataSet, data_set, load
from core_gans.foundation.errors import LabError
from core_gans.metrics import FEATURES

SOME, FEW = 60, 8  # of data that are drawn; of clips, each of which is many pictures


@pytest.mark.parametrize("known", KNOWN.values(), ids=NAMES)
def test_a_data_set_is_what_its_value_says(known: DataSet) -> None:
    some = FEW if known.kind == "clips" else SOME
    examples = known.load(count=some)
    assert examples.name == known.name
    assert examples.kind == known.kind
    assert len(examples.classes) == known.kinds
    if not known.points:
        assert examples.shape[-2] == known.size
        assert known.rectangles or examples.shape[-1] == known.size
    if known.count:
        assert len(examples) == some
        assert torch.equal(examples.images[:3], load(known.name, count=some).images[:3])
        assert not torch.equal(examples.images, known.load(count=some, seed=1).images)
    assert known.features is None or known.features in FEATURES


@pytest.mark.parametrize("known", [each for each in KNOWN.values() if each.with_masks], ids=lambda known: known.name)
def test_masks_belong_to_the_images_that_are_loaded(known: DataSet) -> None:
    told: list[tuple[int, int]] = []
    assert known.with_masks is not None
    drawn = known.with_masks(known.wanted(32, 3, seed=5, progress=lambda done, total: told.append((done, total))))
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert torch.equal(torch.from_numpy(drawn.images).movedim(3, 1), known.load(size=32, count=3, seed=5).images)
    assert drawn.masks.shape == (3, 32, 32)


def test_a_name_finds_its_value_and_a_path_one_of_its_own(tmp_path: Path) -> None:
    assert data_set("digits") is KNOWN["digits"]
    files = data_set(str(tmp_path))
    assert (files.kind, files.kinds, files.features) == ("images", 0, None)
    with pytest.raises(ValueError, match="did you mean digits"):
        data_set("digit")


def test_trials_need_something_to_count() -> None:
    with pytest.raises(ValueError, match="the features of a classifier"):
        DataSet("stripes", "Stripes.", "images", KNOWN["digits"].read, kinds=2, quick="In twenty seconds, stripes.")


def test_what_is_asked_for_and_cannot_be_is_told() -> None:
    assert load("digits", count=3, channels=3).notes == (
        "--count is for what is drawn: all 1,797 examples are taken",
        "--colours is for files: digits has 1",
    )
    assert load("scenes", count=3, channels=3).notes == load("ring", count=3, channels=1).notes == ()
    assert load("moving_digits", count=3, channels=3, takes=("clips",)).notes == (
        "--colours is for files: moving_digits has 1",
    )


@pytest.mark.parametrize("name", ["digits", "ring", "moving_digits", "moving_scenes", "road"])
def test_none_of_something_is_refused(name: str) -> None:
    with pytest.raises(LabError, match="expected --count of at least 1, got 0"):
        load(name, count=0, takes=("clips",))
    if KNOWN[name].kind == "clips":
        with pytest.raises(LabError, match="expected --frames of at least 1, got 0"):
            load(name, frames=0, takes=("clips",))
