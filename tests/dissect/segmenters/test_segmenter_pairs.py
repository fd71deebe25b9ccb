"""Images and masks of an .npz: classes renumbered, splits held out, and what is broken named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dissect.segmenters.pairs import read_pairs
from tests.dissect.planted_pairs import (
    COLOURS,
    NAMES,
    expected,
    planted,
    write_npz,
)


def test_an_npz_is_read(tmp_path: Path) -> None:
    images, masks = planted()
    pairs = read_pairs(write_npz(tmp_path / "a.npz", palette=np.array(COLOURS, np.uint8)))
    assert np.array_equal(pairs.images, images)
    assert np.array_equal(pairs.masks, expected(masks))
    assert pairs.labels == ("sky", "door")
    assert pairs.colours == COLOURS[:2]
    assert pairs.held_out == 0
    assert read_pairs(write_npz(tmp_path / "b.npz")).colours is None


def test_classes_are_ignored_as_asked_and_counted_anew(tmp_path: Path) -> None:
    _, masks = planted()
    path = write_npz(tmp_path / "a.npz")
    pairs = read_pairs(path, ignore=("sky",))
    assert pairs.labels == ("door", "Void")
    assert np.array_equal(pairs.masks, np.array([-1, 0, 1])[masks])
    with pytest.raises(ValueError, match="no class is called 'dor': did you mean door"):
        read_pairs(path, ignore=("dor",))


def test_255_is_not_judged(tmp_path: Path) -> None:
    _, masks = planted()
    masks[2, :4] = 255
    pairs = read_pairs(write_npz(tmp_path / "a.npz", masks=masks))
    assert (pairs.masks[2, :4] == -1).all()
    assert np.array_equal(pairs.masks[3:], expected(masks[3:]))


def test_the_split_of_the_data_is_held_out(tmp_path: Path) -> None:
    (train, train_masks), (val, val_masks), (test, test_masks) = (planted(n, seed=n) for n in (6, 2, 3))
    path = tmp_path / "a.npz"
    np.savez(
        path,
        train_photos=train,
        train_masks=train_masks,
        val_photos=val,
        val_masks=val_masks,
        test_photos=test,
        test_masks=test_masks,
        class_names=np.array(NAMES),
    )
    first = read_pairs(path)
    assert first.held_out == 2
    assert np.array_equal(first.images, np.concatenate([train, val]))
    assert np.array_equal(first.masks, expected(np.concatenate([train_masks, val_masks])))
    other = read_pairs(path, split="test")
    assert other.held_out == 3
    assert np.array_equal(other.images[-3:], test)
    with pytest.raises(ValueError, match="no split 'val' to hold out: it has none"):
        read_pairs(write_npz(tmp_path / "b.npz"), split="val")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"images": None}, "expected images and masks"),
        ({"masks": None}, "it has images and no masks"),
        ({"class_names": None}, "expected class_names"),
        ({"images": planted()[0][..., :1]}, r"\(N, H, W, 3\) uint8"),
        ({"images": planted()[0].astype(float)}, "float64"),
        ({"masks": planted()[1][:, 1:]}, r"\(6, 10, 13\) like the images"),
        ({"masks": planted()[1] / 2}, "must be integers"),
        ({"class_names": np.array(["a", "a", "b"])}, "'a' is there more than once"),
        ({"class_names": np.array(["a", "b"])}, r"'images\[0\]' holds the class 2, .* 6 masks do"),
        ({"palette": np.zeros((2, 3), np.uint8)}, "one colour for each of 3 labels"),
        ({"class_names": np.array([None], object)}, "cannot be read"),
    ],
)
def test_an_npz_that_does_not_fit_together_is_refused(tmp_path: Path, change: dict, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        read_pairs(write_npz(tmp_path / "a.npz", **change))


def test_files_that_are_no_npz_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"give an .npz, or a folder"):
        read_pairs(tmp_path / "none.npz")
    (tmp_path / "text.npz").write_text("no numbers")
    np.save(tmp_path / "one.npy", np.zeros(3))
    whole = write_npz(tmp_path / "whole.npz").read_bytes()
    (tmp_path / "half.npz").write_bytes(whole[: len(whole) // 2])
    for name in ("text.npz", "one.npy", "half.npz"):
        with pytest.raises(ValueError, match=f"{name} cannot be read as images and masks"):
            read_pairs(tmp_path / name)
    with pytest.raises(ValueError, match="leave the size away"):
        read_pairs(tmp_path / "whole.npz", size=(8, 8))
