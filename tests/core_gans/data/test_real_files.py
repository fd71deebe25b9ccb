"""Real data from the folder that GANLAB_DATA names: digits, photographs kept as JPEG, street scenes."""

import os
from pathlib import Path

import numpy as np
import pytest

from core_gans.data.files import read
from core_gans.data.masked import mask_task


@pytest.fixture(scope="module")
def data() -> Path:
    folder = os.environ.get("GANLAB_DATA")
    if not folder:
        pytest.skip("needs the real data that GANLAB_DATA names")
    return Path(folder)


def test_mnist_is_whole(data: Path) -> None:
    examples = read(data / "mnist_28.npz", size=28)
    assert examples.images.shape == (60_000, 1, 28, 28)
    assert examples.labels is not None
    # The published counts of the training digits, 0 to 9, and the mean grey that everybody normalises by.
    assert examples.labels.bincount().tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert abs(examples.images.float().mean().item() / 255 - 0.1307) < 1e-4
    assert examples.classes == tuple("0123456789")


def test_cifar_kept_as_jpeg_bytes(data: Path) -> None:
    examples = read(f"{data / 'cifar10_jpeg_60k.npz'}:test_jpeg", size=32)
    assert examples.images.shape == (10_000, 3, 32, 32)
    assert examples.labels is not None
    assert examples.labels.bincount().tolist() == [1000] * 10
    assert examples.classes[:3] == ("airplane", "automobile", "bird")
    # The published means of CIFAR-10's channels (training images, lossless), within what JPEG and the split change.
    mean = examples.images.float().mean(dim=(0, 2, 3)) / 255
    assert (mean - mean.new_tensor([0.4914, 0.4822, 0.4465])).abs().max() < 0.01


def test_street_scenes_become_squares(data: Path) -> None:
    examples = read(data / "camvid_96x128.npz", size=64)
    assert examples.images.shape == (367, 3, 64, 64)
    assert examples.labels is None
    upper, lower = examples.images[:, :, :16].float().mean(), examples.images[:, :, -16:].float().mean()
    assert upper > lower  # the sky is brighter than the road


def test_a_file_of_two_domains_asks_which(data: Path) -> None:
    path = data / "horse_human_64.npz"
    with pytest.raises(ValueError, match=r"train_horses, train_humans, .*name one"):
        read(path, size=64)
    assert len(read(f"{path}:train_humans", size=64)) == 527


def test_facades_and_streets_bring_their_labels(data: Path) -> None:
    """The colours of the labels stay those of the palette, also where the size is another."""
    for file, size, count in (("facades_64.npz", 64, 106), ("camvid_96x128.npz", 48, 233)):
        with np.load(data / file) as arrays:
            palette = {tuple(colour) for colour in arrays["palette"].tolist()}
        pairs = mask_task("labels-to-photo", f"{data / file}:test_masks", size=size)
        assert pairs.source.shape == pairs.target.shape == (count, 3, size, size)
        assert {
            tuple(colour) for colour in pairs.source.permute(0, 2, 3, 1).flatten(0, 2).unique(dim=0).tolist()
        } <= palette
        assert len(pairs.target.unique()) > 200
