"""Reading a path: what lies there is recognised, and folders of pictures become squares with labels."""

import gzip
import os
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core_gans.data import room
from core_gans.data.files import read

RED, GREEN, BLUE = (220, 30, 40), (20, 200, 60), (10, 60, 230)


def paint(path: Path, colour: object, size: tuple[int, int] = (20, 20), mode: str = "RGB") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(path)  # type: ignore[arg-type]  # Pillow's own union of colours


def test_a_flat_folder_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    paint(tmp_path / "b.png", GREEN)
    paint(tmp_path / "a.bmp", RED)
    paint(tmp_path / "c.PNG", BLUE)
    (tmp_path / "notes.txt").write_text("not a picture")
    paint(tmp_path / ".hidden.png", RED)
    examples = read(tmp_path, size=8)
    assert examples.images.shape == (3, 3, 8, 8)
    assert examples.images.dtype == torch.uint8
    assert examples.labels is None
    assert examples.name == tmp_path.name
    for image, colour in zip(examples.images, (RED, GREEN, BLUE), strict=True):
        assert (image == torch.tensor(colour, dtype=torch.uint8)[:, None, None]).all()


def test_subfolders_are_classes_however_deep_their_pictures_lie(tmp_path: Path) -> None:
    paint(tmp_path / "set" / "dog" / "1.png", RED)
    paint(tmp_path / "set" / "cat" / "deep" / "er" / "1.png", GREEN)
    paint(tmp_path / "set" / "cat" / "2.png", BLUE)
    (tmp_path / "set" / "empty").mkdir()
    for root in (tmp_path, tmp_path / "set"):  # a single subfolder is looked through
        examples = read(root, size=4)
        assert examples.classes == ("cat", "dog")
        assert examples.labels is not None
        assert examples.labels.tolist() == [0, 0, 1]
        assert examples.images[:, 0, 0, 0].tolist() == [BLUE[0], GREEN[0], RED[0]]


def test_a_picture_beside_the_subfolders_means_no_labels(tmp_path: Path) -> None:
    paint(tmp_path / "one.png", RED)
    paint(tmp_path / "more" / "two.png", RED)
    paint(tmp_path / "other" / "three.png", RED)
    examples = read(tmp_path, size=4)
    assert len(examples) == 3
    assert examples.labels is None
    assert examples.classes == ()


def test_splits_are_not_taken_for_classes(tmp_path: Path) -> None:
    paint(tmp_path / "val" / "cat" / "1.png", RED)
    paint(tmp_path / "test" / "cat" / "1.png", RED)
    with pytest.raises(ValueError, match=r"holds splits \(test, val\): give one of them"):
        read(tmp_path, size=4)
    paint(tmp_path / "train" / "dog" / "1.png", GREEN)  # the part to learn from is no question
    paint(tmp_path / "train" / "cat" / "1.png", BLUE)
    examples = read(tmp_path, size=4)
    assert examples.classes == ("cat", "dog")
    assert examples.images[:, 2, 0, 0].tolist() == [BLUE[2], GREEN[2]]
    assert "train is read" in examples.notes[0]


def test_channels_are_what_the_pictures_have_or_what_is_asked(tmp_path: Path) -> None:
    paint(tmp_path / "1.png", 100, mode="L")
    paint(tmp_path / "2.png", 200, mode="L")
    grey = read(tmp_path, size=4)
    assert grey.images.shape == (2, 1, 4, 4)
    assert grey.images[:, 0, 0, 0].tolist() == [100, 200]
    assert torch.equal(read(tmp_path, size=4, channels=3).images, grey.images.expand(2, 3, 4, 4))
    paint(tmp_path / "3.png", RED)
    mixed = read(tmp_path, size=4)
    assert mixed.images.shape == (3, 3, 4, 4)
    assert torch.equal(mixed.images[:2], grey.images.expand(2, 3, 4, 4))
    luminance = 0.299 * RED[0] + 0.587 * RED[1] + 0.114 * RED[2]
    assert abs(int(read(tmp_path, size=4, channels=1).images[2, 0, 0, 0]) - luminance) < 1


@pytest.mark.parametrize("shape", [(60, 20), (20, 60)])
def test_the_centre_square_is_kept(tmp_path: Path, shape: tuple[int, int]) -> None:
    image = Image.new("RGB", shape, RED)
    width, height = shape
    image.paste(GREEN, ((width - 20) // 2, (height - 20) // 2, (width + 20) // 2, (height + 20) // 2))
    image.save(tmp_path / "1.png")
    assert (read(tmp_path, size=10).images == torch.tensor(GREEN, dtype=torch.uint8)[:, None, None]).all()


def test_reduced_by_area_and_enlarged_smoothly(tmp_path: Path) -> None:
    board = (np.indices((16, 16)).sum(axis=0) % 2 * 200).astype(np.uint8)
    Image.fromarray(board).save(tmp_path / "board.png")
    assert (read(tmp_path, size=8).images == 100).all()
    np.testing.assert_array_equal(read(tmp_path, size=16).images[0, 0].numpy(), board)
    ramp = np.tile(np.arange(0, 160, 10, dtype=np.uint8), (16, 1))
    Image.fromarray(ramp).save(tmp_path / "board.png")
    steps = np.diff(read(tmp_path, size=64).images[0, 0, 32].numpy().astype(int))
    assert steps.max() <= 4
    assert steps.min() >= -1


def test_progress_is_told_picture_by_picture(tmp_path: Path) -> None:
    for index in range(3):
        paint(tmp_path / f"{index}.png", RED)
    seen: list[tuple[int, int]] = []
    read(tmp_path, size=4, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_a_damaged_picture_is_named(tmp_path: Path) -> None:
    paint(tmp_path / "1.png", RED)
    paint(tmp_path / "2.png", RED, size=(200, 200))
    whole = (tmp_path / "2.png").read_bytes()
    (tmp_path / "2.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"2\.png is damaged \(.*\): remove it or replace it"):
        read(tmp_path, size=4)


def test_a_set_that_would_not_fit_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paint(tmp_path / "1.png", RED)
    monkeypatch.setattr(room, "LIMIT_BYTES", 3 * 64 * 64 - 1)
    assert len(read(tmp_path, size=64)) == 1  # what is too large for memory is mapped from the disk
    monkeypatch.setattr(room, "_KEPT_FREE", 2**80)
    with pytest.raises(ValueError, match=r"1 images of 3x64x64 would take .* choose a smaller size"):
        read(tmp_path, size=64, channels=3)
    assert len(read(tmp_path, size=32)) == 1


def test_a_folder_without_pictures_says_what_it_expected(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("nothing here")
    with pytest.raises(ValueError, match=r"holds no pictures: expected files ending in jpg, jpeg, png"):
        read(tmp_path, size=4)


def test_a_missing_path_lists_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "flowers").mkdir()
    with pytest.raises(FileNotFoundError, match=r"flower is not there: did you mean flowers\?"):
        read(tmp_path / "flower", size=4)
    with pytest.raises(FileNotFoundError, match="nor is the folder"):
        read(tmp_path / "no" / "such", size=4)


@pytest.mark.parametrize(
    ("size", "channels", "line"), [(0, None, "at least 1 pixel"), (8, 2, r"1 \(grey\), 3 \(RGB\) or 4")]
)
def test_impossible_requests_are_refused(tmp_path: Path, size: int, channels: int | None, line: str) -> None:
    paint(tmp_path / "1.png", RED)
    with pytest.raises(ValueError, match=line):
        read(tmp_path, size, channels)


def test_one_picture_and_unknown_files_are_refused(tmp_path: Path) -> None:
    paint(tmp_path / "1.png", RED)
    with pytest.raises(ValueError, match="is one picture: give the folder"):
        read(tmp_path / "1.png", size=4)
    for name, content in (("notes.txt", b"a,b\n1,2\n"), ("empty.npz", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ValueError, match=r"is no data set: expected a folder of pictures, \.zip, .* or a CIFAR"):
            read(tmp_path / name, size=4)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "1.png")
    with pytest.raises(ValueError, match="neither a file nor a folder"):
        read(tmp_path / "1.png", size=4)
    with pytest.raises(ValueError, match="holds no pictures"):
        read(tmp_path, size=4)


def test_formats_are_told_by_content_whatever_the_name(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)
    np.savez(tmp_path / "images.npz", images=images)
    idx = struct.pack(">HBBIIII", 0, 8, 4, *images.shape) + images.tobytes()
    rows = images.transpose(0, 3, 1, 2).reshape(4, 3072)
    written = {
        "a.bin": (tmp_path / "images.npz").read_bytes(),
        "b.bin": idx,
        "c.bin": gzip.compress(idx),
        "d.bin": pickle.dumps({b"data": rows, b"labels": [0, 1, 2, 3]}, protocol=2),
    }
    for name, content in written.items():
        (tmp_path / name).write_bytes(content)
        assert torch.equal(read(tmp_path / name, 32).images, torch.from_numpy(images).permute(0, 3, 1, 2)), name
