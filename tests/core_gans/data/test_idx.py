"""IDX files: whatever is written comes back, and a header that its bytes do not bear out is refused."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from core_gans.data.files import read
from core_gans.data.idx import read_idx

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}
IMAGES = np.random.default_rng(0).integers(0, 256, (5, 28, 28), dtype=np.uint8)
LABELS = np.array([3, 1, 4, 1, 5], np.uint8)


def idx(array: np.ndarray) -> bytes:
    header = struct.pack(">HBB", 0, CODES[array.dtype.str[1:]], array.ndim) + struct.pack(
        f">{array.ndim}I", *array.shape
    )
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), zipped=st.booleans(), code=st.sampled_from(sorted(CODES)))
def test_what_was_written_is_read(tmp_path: Path, data: st.DataObject, zipped: bool, code: str) -> None:
    array = data.draw(arrays.arrays(np.dtype(code), arrays.array_shapes(max_dims=4, max_side=6)))
    path = tmp_path / "numbers.idx"
    path.write_bytes(gzip.compress(idx(array)) if zipped else idx(array))
    found = read_idx(path)
    assert found.shape == array.shape
    assert found.astype(code).tobytes() == array.tobytes()


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
        ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
        ("train-images-idx3-ubyte", "train-labels-idx1-ubyte.gz"),
        ("train-images.idx3-ubyte", "train-labels.idx1-ubyte"),
    ],
)
def test_the_labels_beside_belong_to_the_images(tmp_path: Path, images: str, labels: str) -> None:
    for name, array in ((images, IMAGES), (labels, LABELS)):
        (tmp_path / name).write_bytes(gzip.compress(idx(array)) if name.endswith(".gz") else idx(array))
    examples = read(tmp_path / images, size=28)
    assert torch.equal(examples.images[:, 0], torch.from_numpy(IMAGES))
    assert examples.labels is not None
    assert examples.labels.tolist() == LABELS.tolist()
    assert examples.classes == ("0", "1", "2", "3", "4", "5")


def test_a_folder_as_mnist_comes_gives_its_training_images(tmp_path: Path) -> None:
    for name, array in (("train-images", IMAGES), ("t10k-images", IMAGES[:2])):
        (tmp_path / f"{name}-idx3-ubyte").write_bytes(idx(array))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(LABELS))
    examples = read(tmp_path, size=32)
    assert examples.images.shape == (5, 1, 32, 32)
    assert examples.labels is not None


def test_images_alone_have_no_labels(tmp_path: Path) -> None:
    (tmp_path / "some.idx").write_bytes(idx(IMAGES))
    assert read(tmp_path / "some.idx", size=14, channels=3).images.shape == (5, 3, 14, 14)
    assert read(tmp_path / "some.idx", size=14).labels is None


def test_labels_in_place_of_images_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "labels.idx").write_bytes(idx(LABELS))
    with pytest.raises(ValueError, match="holds 5 labels, not images: give the images file"):
        read(tmp_path / "labels.idx", size=28)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(IMAGES))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(LABELS[:4]))
    with pytest.raises(ValueError, match="expected one label for each of the 5 images, got 4"):
        read(tmp_path / "train-images-idx3-ubyte", size=28)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"\0\0\x07\x03" + idx(IMAGES)[4:], r"is no IDX file: expected it to begin with 00 00"),
        (b"\0\0\x08\x00", "is no IDX file"),
        (b"\0\0", "is no IDX file"),
        (idx(IMAGES)[:10], "ends inside its header"),
        (idx(IMAGES)[:-7], "declares 5 x 28 x 28 numbers, 3,920 bytes, but holds 3,913: fetch it again"),
        (idx(IMAGES) + b"\0", "goes on after them"),
        (struct.pack(">HBBIII", 0, 8, 3, 10**6, 10**4, 10**4), "1000000 x 10000 x 10000 numbers, more than 8 GiB"),
        (gzip.compress(idx(IMAGES), mtime=0)[:-20], r"is damaged \(.*\): fetch it again"),
        (gzip.compress(idx(IMAGES), mtime=0)[:40] + b"\xff" * 40, r"is damaged \(.*\): fetch it again"),
        (gzip.compress(b"no header", mtime=0), "is no IDX file"),
    ],
)
def test_untrue_and_damaged_files_are_refused(tmp_path: Path, content: bytes, line: str) -> None:
    path = tmp_path / "hurt.idx"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"hurt\.idx .*{line}"):
        read(path, size=28)
