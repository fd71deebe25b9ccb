""".npz files: which array is read, with which labels, and that nothing dangerous or untrue is believed."""

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core_gans.data.files import read
from core_gans.data.npz import labels_for

BYTES = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 3), dtype=np.uint8)
LABELS = np.array([0, 1, 2, 2, 1, 0])


def save(path: Path, **arrays: object) -> Path:
    np.savez(path, **arrays)  # type: ignore[arg-type]  # numpy takes anything array-like
    return path


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        ("images", "labels"),
        ("train_images", "train_labels"),
        ("x_train", "y_train"),
        ("X", "y"),
        ("data", "targets"),
        ("arr_0", "arr_1"),
        ("pictures", "pictures_labels"),
    ],
)
def test_usual_names_are_known(tmp_path: Path, images: str, labels: str) -> None:
    path = save(tmp_path / "set.npz", other=np.zeros(3), **{labels: LABELS, images: BYTES})
    examples = read(path, size=8)
    assert torch.equal(examples.images, torch.from_numpy(BYTES).permute(0, 3, 1, 2))
    assert examples.labels is not None
    assert examples.labels.tolist() == LABELS.tolist()
    assert examples.classes == ("0", "1", "2")
    assert examples.name == "set"
    assert labels in labels_for(images)


def test_an_array_can_be_named_after_the_file(tmp_path: Path) -> None:
    path = save(tmp_path / "two.npz", train_horses=BYTES[:4], train_humans=BYTES[4:], test_images=BYTES[1:3])
    assert torch.equal(read(f"{path}:train_humans", 8).images, torch.from_numpy(BYTES[4:]).permute(0, 3, 1, 2))
    with pytest.raises(ValueError, match=r"several arrays.*: train_horses, train_humans, test_images; name one, as"):
        read(path, 8)
    with pytest.raises(ValueError, match=r"holds no array 'cows': expected one of train_horses uint8 \(4, 8, 8, 3\)"):
        read(f"{path}:cows", 8)


def test_the_split_of_the_images_is_the_split_of_the_labels(tmp_path: Path) -> None:
    path = save(
        tmp_path / "s.npz", train_images=BYTES, train_labels=LABELS, test_images=BYTES[:2], test_labels=[[2], [1]]
    )
    examples = read(f"{path}:test_images", 8)
    assert examples.labels is not None
    assert examples.labels.tolist() == [2, 1]  # also as a column


def test_no_array_of_images_lists_what_is_there(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match=r"no array of images: table float64 \(3, 2\), names <U1 \(2\); call the images"
    ):
        read(save(tmp_path / "s.npz", table=np.zeros((3, 2)), names=["a", "b"]), 8)


def test_drawn_scenes_are_images_whose_class_names_belong_to_masks(tmp_path: Path) -> None:
    masks = np.zeros((6, 8, 8), np.uint8)
    path = save(
        tmp_path / "scenes.npz", images=BYTES, masks=masks, captions=["a tree"] * 6, class_names=["sky", "tree"]
    )
    examples = read(path, 8)
    assert examples.images.shape == (6, 3, 8, 8)
    assert examples.labels is None
    assert examples.classes == ()
    path = save(tmp_path / "photos.npz", photos=BYTES, masks=masks)
    assert read(path, 8).images.shape == (6, 3, 8, 8)  # masks have the shape of grey pictures, and are none


@pytest.mark.parametrize(
    ("array", "channels"),
    [
        (BYTES, 3),
        (BYTES.transpose(0, 3, 1, 2), 3),
        (BYTES[..., 0], 1),
        (BYTES[..., :1], 1),
        (BYTES[:, None, :, :, 0], 1),
        (np.concatenate([BYTES, np.full_like(BYTES[..., :1], 255)], axis=3), 3),
        (BYTES.astype(np.int64), 3),
        (BYTES.astype(np.float32) / 255, 3),
        (BYTES.astype(np.float64) / 127.5 - 1, 3),
    ],
    ids=["NHWC", "NCHW", "NHW", "NHW1", "N1HW", "opaque RGBA", "int64", "unit floats", "signed floats"],
)
def test_every_layout_and_type_is_the_same_picture(tmp_path: Path, array: np.ndarray, channels: int) -> None:
    images = read(save(tmp_path / "s.npz", images=array), 8).images
    assert torch.equal(images, torch.from_numpy(BYTES).permute(0, 3, 1, 2)[:, :channels])


def test_booleans_are_black_and_white_and_clear_pixels_are_white(tmp_path: Path) -> None:
    drawn = BYTES[..., 0] > 127
    assert torch.equal(read(save(tmp_path / "b.npz", x=drawn), 8).images[:, 0], torch.from_numpy(drawn * np.uint8(255)))
    clear = np.concatenate([BYTES, np.zeros_like(BYTES[..., :1])], axis=3)
    assert (read(save(tmp_path / "c.npz", x=clear), 8).images == 255).all()


def hurt(value: float) -> np.ndarray:
    array = np.zeros((2, 8, 8), np.float32)
    array[1, 2, 3] = value
    return array


@pytest.mark.parametrize(
    ("array", "line"),
    [
        (hurt(np.nan), "the images hold NaN or infinity"),
        (hurt(-np.inf), "the images hold NaN or infinity"),
        (hurt(255.0), r"expected floats in \[0, 1\] or \[-1, 1\], got \[0, 255\]: scale the images"),
        (hurt(-1.5), r"expected floats in \[0, 1\] or \[-1, 1\], got \[-1.5, 0\]"),
        (hurt(300).astype(np.int32), r"expected whole numbers in \[0, 255\], got \[0, 300\]"),
        (hurt(1).astype(np.complex64), "expected images as bytes or floats, got complex64"),
        (np.zeros((2, 8)), r"expected images \(N, H, W\).*got \(2, 8\)"),
        (np.zeros((2, 8, 8, 8)), r"with C 1, 3 or 4, got \(2, 8, 8, 8\)"),
        (np.zeros((0, 8, 8)), r"got \(0, 8, 8\)"),
        (np.array(None), "holds Python objects, which are not read"),
    ],
)
def test_numbers_that_are_no_images_are_refused(tmp_path: Path, array: np.ndarray, line: str) -> None:
    with pytest.raises(ValueError, match=line):
        read(save(tmp_path / "s.npz", images=array), 8)


@pytest.mark.parametrize(
    ("labels", "line"),
    [
        ([0, 1, 2, 3, 1, 0], "label 3 of image 3 is out of range: expected 0 to 2"),
        ([0, 1, 2, -1, 1, 0], "label -1 of image 3 is out of range"),
        ([0, 1, 2], "one label for each of the 6 images, got 3"),
        ([0.0, 1, 2, 2, 1, np.nan], "expected labels .* of whole numbers, got float64"),
        ([[0, 1]] * 6, r"expected labels .* of shape \(6, 2\)"),
    ],
)
def test_labels_that_do_not_fit_are_refused(tmp_path: Path, labels: object, line: str) -> None:
    with pytest.raises(ValueError, match=rf"s\.npz:labels: .*{line}"):
        read(save(tmp_path / "s.npz", images=BYTES, labels=labels, class_names=["a", "b", "c"]), 8)


def jpegs(*images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    parts = []
    for image in images:
        file = io.BytesIO()
        Image.fromarray(image).save(file, "JPEG", quality=95)
        parts.append(np.frombuffer(file.getvalue(), np.uint8))
    return np.concatenate(parts), np.cumsum([0, *map(len, parts)])


def test_joined_jpegs_are_cut_at_their_offsets(tmp_path: Path) -> None:
    colours = np.array([[200, 30, 30], [30, 200, 30], [30, 30, 200]], np.uint8)
    joined, offsets = jpegs(*[np.full((16, 16, 3), colour, np.uint8) for colour in colours])
    path = save(
        tmp_path / "s.npz", train_jpeg=joined, train_offsets=offsets, train_labels=[0, 1, 1], class_names=["a", "b"]
    )
    examples = read(path, 8)
    np.testing.assert_allclose(examples.images[:, :, 4, 4].numpy(), colours, atol=6)
    assert examples.labels is not None
    assert examples.labels.tolist() == [0, 1, 1]
    wrong = offsets.copy()
    wrong[1] += 1
    with pytest.raises(ValueError, match=r"train_jpeg, picture [01] is"):
        read(save(tmp_path / "s.npz", train_jpeg=joined, train_offsets=wrong), 8)
    wrong[1] = 10**9
    with pytest.raises(ValueError, match="expected train_offsets to rise from 0 to"):
        read(save(tmp_path / "s.npz", train_jpeg=joined, train_offsets=wrong), 8)
    with pytest.raises(ValueError, match="train_jpeg needs an array train_offsets"):
        read(save(tmp_path / "s.npz", train_jpeg=joined), 8)


class Touch:
    """A pickle that creates a file when it is believed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("name", ["images", "labels", "unrelated"])
def test_a_pickle_inside_is_never_executed(tmp_path: Path, name: str) -> None:
    trap = np.empty(6, object)
    trap[:] = [Touch(tmp_path / "executed")] * 6
    path = save(tmp_path / "s.npz", **{"images": BYTES, name: trap})
    if name == "unrelated":
        assert len(read(path, 8)) == 6
    else:
        with pytest.raises(ValueError, match=f"{name} holds Python objects, which are not read"):
            read(path, 8)
    assert not (tmp_path / "executed").exists()
    pickle.loads(pickle.dumps(trap[0]))
    assert (tmp_path / "executed").exists()  # the trap works


def archive(path: Path, shape: tuple[int, ...], data: bytes, dtype: str = "|u1") -> Path:
    """An .npz whose header declares ``shape``, whatever the data."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": dtype, "fortran_order": False, "shape": shape})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("images.npy", header.getvalue() + data)
    return path


def test_declared_sizes_are_checked_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"images is uint8 \(100000, 1000, 1000\), 93\.1 GiB: more than 8 GiB"):
        read(archive(tmp_path / "bomb.npz", (100_000, 1000, 1000), b"\0" * 1000), 8)
    with pytest.raises(ValueError, match=r"images says uint8 \(1000, 1000, 1000\), but its size is another"):
        read(archive(tmp_path / "lie.npz", (1000, 1000, 1000), b"\0" * 1000), 8)
    with pytest.raises(ValueError, match=r"images says uint8 \(-4, -8, 8\), but its size is another"):
        read(archive(tmp_path / "negative.npz", (-4, -8, 8), b"\0"), 8)


def test_damage_is_refused_in_one_line(tmp_path: Path) -> None:
    whole = save(tmp_path / "whole.npz", images=BYTES, labels=LABELS).read_bytes()
    path = tmp_path / "hurt.npz"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"hurt\.npz, read as \.npz, is damaged \(.*\): fetch it again"):
        read(path, 8)
    changed = bytearray(whole)
    changed[whole.index(BYTES.tobytes()) + 100] ^= 1
    path.write_bytes(changed)
    with pytest.raises(ValueError, match=r"hurt\.npz: images\.npy is damaged \(Bad CRC-32.*\): fetch it again"):
        read(path, 8)
