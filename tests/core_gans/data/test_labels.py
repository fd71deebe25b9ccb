"""Labels in every form are the same classes; what is none is refused in a line."""

from __future__ import annotations

import numpy as np
import pytest

from core_gans.data.labels import check_labels


@pytest.mark.parametrize(
    ("labels", "names", "expected", "classes"),
    [
        ([2, 0, 1], None, [2, 0, 1], ("0", "1", "2")),
        ([2, 0, 2], None, [2, 0, 2], ("0", "1", "2")),  # most numbers occur: 1 is a class without examples
        ([5, 12, 19], None, [0, 1, 2], ("5", "12", "19")),
        ([1.0, 0.0, 1.0], None, [1, 0, 1], ("0", "1")),
        ([True, False, True], None, [1, 0, 1], ("0", "1")),
        (["owl", "ape", "owl"], None, [1, 0, 1], ("ape", "owl")),
        ([b"owl", b"ape", b"owl"], None, [1, 0, 1], ("ape", "owl")),
        (["owl", "ape", "owl"], ["owl", "ape", "cow"], [0, 1, 0], ("owl", "ape", "cow")),
        ([[0, 1], [1, 0], [0, 1]], None, [1, 0, 1], ("0", "1")),
        ([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]], ["a", "b"], [1, 0, 1], ("a", "b")),
        ([[1], [0], [1]], ["a", "b"], [1, 0, 1], ("a", "b")),
    ],
)
def test_every_form(labels: list[object], names: list[str] | None, expected: list[int], classes: tuple[str]) -> None:
    found, named = check_labels(np.array(labels), 3, names, "here")
    assert found.tolist() == expected
    assert str(found.dtype) == "torch.int64"
    assert named == classes


@pytest.mark.parametrize(
    ("labels", "names", "line"),
    [
        ([0, 1], None, "one label for each of the 3 images, got 2"),
        ([0, 1, -1], None, "label -1 of image 2 is out of range"),
        ([0, 1, 10**9], None, "label 1000000000 of image 2 is out of range"),
        ([0.5, 1, 2], None, "expected labels .* of whole numbers, got float64"),
        (["owl", "ape", "emu"], ["owl", "ape"], "label 'emu' of image 2 is no class name"),
        ([[0, 1], [1, 1], [1, 0]], None, r"row 1 is \[1, 1\]: save one class for each image"),
        ([[0, 1], [0.4, 0.6], [1, 0]], None, r"row 1 is \[0\.4, 0\.6\]"),
        ([[0, 1], [1, 0], [1, 0]], ["a", "b", "c"], "a column for each of 3 class names"),
    ],
)
def test_what_is_none(labels: list[object], names: list[str] | None, line: str) -> None:
    with pytest.raises(ValueError, match=f"^here: .*{line}"):
        check_labels(np.array(labels), 3, names, "here")
