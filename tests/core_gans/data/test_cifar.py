"""CIFAR's pickles: read whole, and never believed."""

import io
import os
import pickle
import pickletools
import struct
from pathlib import Path

import numpy as np
import pytest
import torch

from core_gans.data.files import read

RNG = np.random.default_rng(0)


def rows(count: int) -> np.ndarray:
    return RNG.integers(0, 256, (count, 3072), dtype=np.uint8)


def python2_pickle(data: np.ndarray, labels: list[int]) -> bytes:
    """The very opcodes of the published files: Python 2, protocol 2, an array as bytes in a text opcode."""
    text = data.tobytes()
    return b"".join(
        (
            b"\x80\x02}(U\x04datacnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85U\x01b\x87R(K\x01",
            b"K" + bytes([len(data)]) + b"M\x00\x0c\x86cnumpy\ndtype\nU\x02u1K\0K\x01\x87R",
            b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb\x89",
            b"T" + struct.pack("<i", len(text)) + text,
            b"tbU\x06labels](" + b"".join(b"K" + bytes([label]) for label in labels) + b"eu.",
        )
    )


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_written_by_python_3(tmp_path: Path, protocol: int) -> None:
    data = rows(4)
    path = tmp_path / "data_batch_1"
    path.write_bytes(pickle.dumps({b"data": data, b"labels": [3, 0, 1, 3], b"filenames": [b"a.png"] * 4}, protocol))
    examples = read(path, size=32)
    assert torch.equal(examples.images, torch.from_numpy(data.reshape(4, 3, 32, 32)))
    assert examples.labels is not None
    assert examples.labels.tolist() == [3, 0, 1, 3]


def test_written_by_python_2_as_published(tmp_path: Path) -> None:
    data = rows(3)
    path = tmp_path / "test_batch"
    path.write_bytes(python2_pickle(data, [2, 0, 1]))
    pickletools.dis(path.read_bytes(), out=io.StringIO())  # it is a well-formed pickle
    examples = read(path, size=32)
    assert torch.equal(examples.images, torch.from_numpy(data.reshape(3, 3, 32, 32)))
    assert examples.labels is not None
    assert examples.labels.tolist() == [2, 0, 1]


def test_the_folder_of_cifar10_is_its_training_batches(tmp_path: Path) -> None:
    parts = [rows(2) for _ in range(3)]
    for number, part in enumerate(parts, start=1):
        content = {b"data": part, b"labels": [number, 0]}
        (tmp_path / f"data_batch_{number}").write_bytes(pickle.dumps(content, protocol=2))
    (tmp_path / "test_batch").write_bytes(pickle.dumps({b"data": rows(1), b"labels": [0]}, protocol=2))
    names = [b"airplane", b"automobile", b"bird", b"cat"]
    (tmp_path / "batches.meta").write_bytes(pickle.dumps({b"label_names": names}, protocol=2))
    examples = read(tmp_path, size=32)
    assert torch.equal(examples.images, torch.from_numpy(np.concatenate(parts).reshape(6, 3, 32, 32)))
    assert examples.labels is not None
    assert examples.labels.tolist() == [1, 0, 2, 0, 3, 0]
    assert examples.classes == ("airplane", "automobile", "bird", "cat")


def test_the_folder_of_cifar100_has_fine_labels(tmp_path: Path) -> None:
    content = {"data": rows(2), "fine_labels": [1, 2], "coarse_labels": [0, 0]}
    (tmp_path / "train").write_bytes(pickle.dumps(content, protocol=2))
    (tmp_path / "meta").write_bytes(pickle.dumps({"fine_label_names": ["apple", "bear", "clock"]}, protocol=2))
    examples = read(tmp_path, size=16, channels=1)
    assert examples.images.shape == (2, 1, 16, 16)
    assert examples.labels is not None
    assert examples.labels.tolist() == [1, 2]
    assert examples.classes == ("apple", "bear", "clock")


class Call:
    """A pickle that calls something when it is believed."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.parts = (function, arguments)

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.parts


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (os.system, r"'\w+\.system'"),
        (eval, r"'(builtins|__builtin__)\.eval'"),
        (Path, r"'pathlib\S*Path'"),
        (np.load, r"'numpy\S*load'"),
    ],
)
@pytest.mark.parametrize("protocol", [2, 4])
def test_nothing_a_pickle_names_is_called(tmp_path: Path, function: object, name: str, protocol: int) -> None:
    executed = tmp_path / "executed"
    argument = f"touch '{executed}'" if function is os.system else f"open({str(executed)!r}, 'w')"
    path = tmp_path / "data_batch_1"
    path.write_bytes(pickle.dumps({b"data": rows(1), b"labels": [0], b"x": Call(function, argument)}, protocol))
    with pytest.raises(ValueError, match=rf"is refused as a CIFAR file: it asks for {name}, which no data set needs"):
        read(path, size=32)
    assert not executed.exists()


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (pickle.dumps({b"data": np.empty((1, 3072), object)}, 2), "it holds an array of type 'O8'"),
        (pickle.dumps({b"data": rows(1).astype("S3")}, 2), "it holds an array of type 'S3'"),
        (b"\x80\x02}r\xff\xff\xff\x7f.", "it numbers an object 2,147,483,647, out of all proportion"),
        (pickle.dumps([1, 2], 2), "expected a dictionary, got list"),
        (pickle.dumps({b"a": 1, b"b": 2}, 2), r"expected 'data' of \(N, 3072\) bytes, got a, b"),
        (pickle.dumps({b"data": rows(2)[:, :100]}, 2), r"expected 'data' of .*, got data uint8 \(2, 100\)"),
        (pickle.dumps({b"data": rows(2)}, 2), "expected a list 'labels' or 'fine_labels'"),
        (pickle.dumps({b"data": rows(2), b"labels": [0]}, 2), "one label for each of the 2 images, got 1"),
        (pickle.dumps({b"data": rows(2), b"labels": [0, 1]}, 2)[:-50], r"is damaged \(.*\): fetch it again"),
    ],
)
def test_what_is_no_cifar_file_is_refused(tmp_path: Path, content: bytes, line: str) -> None:
    path = tmp_path / "data_batch_1"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"data_batch_1.*{line}"):
        read(path, size=32)


def test_a_label_beyond_the_class_names_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data_batch_1").write_bytes(pickle.dumps({b"data": rows(2), b"labels": [0, 9]}, protocol=2))
    (tmp_path / "batches.meta").write_bytes(pickle.dumps({b"label_names": [b"a", b"b"]}, protocol=2))
    with pytest.raises(ValueError, match="label 9 of image 1 is out of range: expected 0 to 1"):
        read(tmp_path, size=32)
