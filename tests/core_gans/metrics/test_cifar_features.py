"""The CIFAR classifier: its network by shape and rule, its file by what can be wrong with it, its accuracy."""

from __future__ import annotations

import io
import itertools
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from core_gans.data.examples import Examples, as_float
from core_gans.metrics import CifarResNet20, classifier_named, evaluate, load_cifar_resnet20
from core_gans.metrics.cifar_classifier import FILE
from core_gans.runs.checkpoints import CheckpointError


@pytest.fixture(scope="module")
def folder() -> Path:
    named = os.environ.get("GANLAB_DATA")
    if not named:
        pytest.skip("needs the weights and the photographs that GANLAB_DATA names")
    return Path(named)


@pytest.fixture(scope="module")
def photographs(folder: Path) -> Examples:
    """The first 500 test images; the file cycles through the classes."""
    with np.load(folder / "cifar10_jpeg_60k.npz", allow_pickle=False) as arrays:
        offsets, joined = arrays["test_offsets"][:501], arrays["test_jpeg"]
        pictures = [
            np.asarray(Image.open(io.BytesIO(joined[begin:end].tobytes())))
            for begin, end in itertools.pairwise(offsets)
        ]
        labels = torch.from_numpy(arrays["test_labels"][:500].astype(np.int64))
    return Examples("photographs", torch.from_numpy(np.stack(pictures)).movedim(3, 1), labels)


def fresh() -> CifarResNet20:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return CifarResNet20().eval().requires_grad_(False)


def accuracy(classifier: CifarResNet20, images: Tensor, labels: Tensor) -> float:
    return (classifier.logits(classifier(images)).argmax(dim=1) == labels).double().mean().item()


def test_it_has_the_layers_of_the_paper() -> None:
    network = fresh()
    weights = [p for p in network.parameters() if p.dim() > 1]
    assert len(weights) == 20
    # He et al. 2016, table 6, count 0.27 million.
    assert sum(p.numel() for p in network.parameters()) == 269_722
    features = network(torch.zeros(2, 3, 32, 32))
    assert features.shape == (2, 64)
    assert features.min() >= 0
    assert network.logits(features).shape == (2, 10)


def test_other_sizes_and_grey_are_brought_to_it(rng: torch.Generator) -> None:
    network, grey = fresh(), torch.rand(3, 1, 32, 32, generator=rng) * 2 - 1
    torch.testing.assert_close(network(grey), network(grey.expand(-1, 3, -1, -1)))
    larger = grey.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
    torch.testing.assert_close(network(larger), network(grey))
    assert network(grey[..., :28, :28]).shape == (3, 64)
    with pytest.raises(ValueError, match=r"\(N, 1 or 3, H, W\), got \(2, 4, 32, 32\)"):
        network(torch.zeros(2, 4, 32, 32))


def test_weights_survive_the_published_form(tmp_path: Path, rng: torch.Generator) -> None:
    network, path = fresh(), tmp_path / "weights.th"
    torch.save({"state_dict": {f"module.{name}": value for name, value in network.state_dict().items()}}, path)
    before = torch.get_rng_state()
    loaded = load_cifar_resnet20(path)
    assert torch.equal(torch.get_rng_state(), before)
    images = torch.rand(4, 3, 32, 32, generator=rng)
    assert torch.equal(loaded(images), network(images))
    assert not loaded.training
    assert not any(p.requires_grad for p in loaded.parameters())


def test_a_file_that_is_none_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GANLAB_DATA", raising=False)
    with pytest.raises(CheckpointError, match="set GANLAB_DATA to the folder"):
        load_cifar_resnet20()
    monkeypatch.setenv("GANLAB_DATA", str(tmp_path))
    with pytest.raises(CheckpointError, match=f"{FILE}.*GANLAB_DATA"):
        classifier_named("cifar-resnet20")
    (tmp_path / "cut.th").write_bytes(b"PK\x03\x04 cut")
    with pytest.raises(CheckpointError, match="is damaged"):
        load_cifar_resnet20(tmp_path / "cut.th")
    (tmp_path / "text.th").write_text("weights", encoding="utf-8")
    with pytest.raises(CheckpointError, match="is damaged"):
        load_cifar_resnet20(tmp_path / "text.th")
    torch.save({"weights": torch.zeros(2)}, tmp_path / "other.th")
    with pytest.raises(CheckpointError, match="expected an entry 'state_dict'"):
        load_cifar_resnet20(tmp_path / "other.th")
    torch.save({"state_dict": {"module.conv1.weight": torch.zeros(2)}}, tmp_path / "small.th")
    with pytest.raises(CheckpointError, match="another network"):
        load_cifar_resnet20(tmp_path / "small.th")


def test_names_are_known_or_corrected() -> None:
    assert classifier_named("digits-cnn").name == "digits-cnn"
    with pytest.raises(ValueError, match="did you mean cifar-resnet20"):
        classifier_named("cifar_resnet")


def test_accuracy_on_real_photographs(folder: Path, photographs: Examples) -> None:
    classifier = load_cifar_resnet20(folder / FILE)
    images, labels = as_float(photographs.images), photographs.labels
    assert labels is not None
    assert accuracy(classifier, images, labels) > 0.75
    assert accuracy(classifier, -images, labels) < 0.75  # the range [-1, 1] is read the right way round


def test_photographs_are_judged_by_it(folder: Path, photographs: Examples) -> None:
    classifier = load_cifar_resnet20(folder / FILE)
    halves = [Examples("half", part) for part in photographs.images.split(250)]
    metrics = ("kernel", "frechet", "inception_style", "classes_covered")
    real = evaluate(halves[1].images, halves[0], metrics, classifier=classifier)
    faded = evaluate(as_float(halves[1].images) * 0.2, halves[0], metrics, classifier=classifier)
    assert set(real) == {
        "frechet[cifar-resnet20]",
        "kernel[cifar-resnet20]",
        "classes_covered",
        "inception_style[cifar-resnet20]",
    }
    assert real["classes_covered"] == 10
    assert real["inception_style[cifar-resnet20]"] > 6
    assert abs(real["kernel[cifar-resnet20]"]) < 0.05 < faded["kernel[cifar-resnet20]"]
    assert 2 * real["frechet[cifar-resnet20]"] < faded["frechet[cifar-resnet20]"]
