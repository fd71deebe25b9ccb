"""Data sets of torch and ``datasets``: whatever their items are, the examples show the same pictures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from core_gans.data import Batches, examples_from
from core_gans.foundation.errors import LabError
from tests.core_gans.data.awkward import SMALL, flag


class Listed:
    """A map-style data set, by duck typing."""

    def __init__(self, items: list[Any], **more: Any) -> None:
        self.items = items
        vars(self).update(more)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> Any:
        return self.items[index]


class Named:
    """A feature of ``datasets``."""

    names = ("ape", "owl")


CHANNELS_FIRST = torch.from_numpy(SMALL).permute(2, 0, 1)
PICTURES: dict[str, Callable[[], Any]] = {
    "Pillow": lambda: Image.fromarray(SMALL),
    "palette": lambda: Image.fromarray(SMALL).quantize(8),
    "array": lambda: SMALL,
    "int64": lambda: SMALL.astype(np.int64),
    "unit array": lambda: SMALL / 255,
    "bytes": lambda: CHANNELS_FIRST,
    "ToTensor": lambda: CHANNELS_FIRST / 255,
    "signed": lambda: CHANNELS_FIRST / 127.5 - 1,
}


@pytest.mark.parametrize("kind", PICTURES)
@pytest.mark.parametrize("form", ["pairs", "rows", "alone"])
def test_every_item_is_the_same_picture(kind: str, form: str) -> None:
    picture = PICTURES[kind]()
    item: dict[str, Callable[[int], Any]] = {
        "pairs": lambda label: (picture, label),
        "rows": lambda label: {"image": picture, "label": label},
        "alone": lambda label: picture,
    }
    examples = examples_from(Listed([item[form](1), item[form](0)]), size=16)
    assert examples.images.dtype == torch.uint8
    assert (examples.images.int() - CHANNELS_FIRST.int()).abs().max() <= (8 if kind == "palette" else 0)
    assert (None if examples.labels is None else examples.labels.tolist()) == (None if form == "alone" else [1, 0])
    assert float(next(Batches(examples, 2)).real.min()) < 0


def test_the_range_is_that_of_all_pictures_together() -> None:
    pale, signed = np.full((16, 16), 0.5), np.linspace(-1, 1, 256).reshape(16, 16)
    examples = examples_from(Listed([pale, signed]), size=16)
    assert examples.images[0].unique().tolist() == [191]  # 0.5 in [-1, 1], as the second shows


@pytest.mark.parametrize(
    ("more", "classes"),
    [
        ({}, ("0", "1")),
        ({"classes": ["cat", "dog"]}, ("cat", "dog")),
        ({"features": {"label": Named()}}, ("ape", "owl")),
    ],
)
def test_class_names_are_those_of_the_data_set(more: dict[str, Any], classes: tuple[str, ...]) -> None:
    data = Listed([(SMALL, 1), (SMALL, 0)], **more)
    assert examples_from(data, size=16).classes == classes
    assert examples_from(data, size=16, classes=("x", "y")).classes == ("x", "y")


def test_words_and_rows_of_one_are_labels() -> None:
    assert examples_from(Listed([(SMALL, "owl"), (SMALL, "ape")]), size=16).classes == ("ape", "owl")
    hot = examples_from(Listed([(SMALL, torch.tensor([0, 0, 1])), (SMALL, torch.tensor([1, 0, 0]))]), size=16)
    assert hot.labels is not None
    assert hot.labels.tolist() == [2, 0]


def test_items_that_cannot_be_read_are_listed_or_left_out_with_their_labels() -> None:
    class Broken(Listed):
        def __getitem__(self, index: int) -> Any:
            if index in (1, 2):
                raise OSError("truncated")
            return super().__getitem__(index)

    data = Broken([(SMALL, label) for label in (0, 1, 1, 2)])
    with pytest.raises(LabError, match=r"2 of 4 pictures cannot be read: item 1 .*truncated.*item 2"):
        examples_from(data, size=16)
    examples = examples_from(data, size=16, skip_broken=True)
    assert examples.labels is not None
    assert examples.labels.tolist() == [0, 2]
    assert examples.notes[0].startswith("2 of 4 pictures cannot be read and are left out: item 1, item 2")


@pytest.mark.parametrize(
    ("item", "line"),
    [
        ({"picture_of": SMALL}, "expected a picture under image, img"),
        ("cat", "expected a picture, an array"),
        (np.zeros((4, 4, 7)), "expected a picture, an array"),
        (flag().astype(np.int64) * 9, "expected bytes, 16 bits or floats, got int64"),
        (SMALL * 1.0, r"expected floats in \[0, 1\] or \[-1, 1\]"),
        (np.dstack((SMALL, SMALL[..., :1])), "ask for opacity"),
    ],
)
def test_items_of_another_kind_are_refused(item: Any, line: str) -> None:
    with pytest.raises(LabError, match=line):
        examples_from(Listed([item]), size=16)


def test_rectangles_and_opacity() -> None:
    item = np.dstack((flag(), np.full(flag().shape[:2], 128, np.uint8)))
    examples = examples_from(Listed([item]), size="24x16", channels=4)
    assert examples.shape == (4, 16, 24)
    assert examples.images[0, 3].unique().tolist() == [128]


def test_an_empty_one_is_refused() -> None:
    with pytest.raises(LabError, match="at least one example"):
        examples_from(Listed([]))
