"""Every awkward file and folder gives the flag that was put into it, or one line that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from core_gans.data.files import read
from tests.core_gans.data.awkward import BLUE, CASES, GREEN, RED, Awkward

LUMA = torch.tensor([0.299, 0.587, 0.114])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_awkward_case(case: Awkward, tmp_path: Path) -> None:
    place = case.make(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    asked = {"size": 16, **case.options}
    if case.refusal:
        with pytest.raises((ValueError, OSError), match=case.refusal) as refused:
            read(place, **asked)
        assert "\n" not in str(refused.value)
        return
    examples = read(place, **asked)
    assert tuple(examples.images.shape) == case.shape
    assert (None if examples.labels is None else tuple(examples.labels.tolist())) == case.labels
    assert examples.classes == case.classes
    for note in case.notes:
        assert any(note in told for told in examples.notes), examples.notes
    for image in examples.images:
        _assert_flag(image.float())
    assert sorted(tmp_path.rglob("*")) == before  # nothing is unpacked


def test_there_are_many() -> None:
    assert len(CASES) >= 40
    assert len({case.name for case in CASES}) == len(CASES)


def test_opacity_is_what_the_file_has(tmp_path: Path) -> None:
    case = next(case for case in CASES if case.name == "opacity-kept")
    kept = read(case.make(tmp_path), 16, 4).images[0, 3]
    assert kept[:, :7].unique().tolist() == [128]
    assert kept[:, 9:].unique().tolist() == [255]


def _assert_flag(image: torch.Tensor) -> None:
    """(C, H, W) in [0, 255], to within what JPEG changes."""
    _, height, width = image.shape
    for colour, row, column in ((RED, 0.5, 0.2), (GREEN, 0.2, 0.8), (BLUE, 0.8, 0.8)):
        found = image[:3, int(row * height), int(column * width)]
        expected = torch.tensor(colour).float()
        if len(image) == 1:
            expected = (expected * LUMA).sum()[None]
        assert (found - expected).abs().max() <= 9, (colour, found.tolist())
