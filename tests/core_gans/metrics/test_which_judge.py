"""A classifier judges where the data has one, the choice is measured, and it is said where there is none."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core_gans.__main__ import main
from core_gans.data import Examples, load
from core_gans.data.digits import digits
from core_gans.metrics import Judge, classifier_named, load_mnist_classifier
from core_gans.metrics.choosing import classifier_for, known_features, pixels_told
from core_gans.metrics.digits_classifier import MNIST_SHIPPED
from egan.distances import features_for
from tests.tiny import pictures

MNIST = Path(os.environ.get("GANLAB_DATA", "/nowhere")) / "mnist_28.npz"
needs_mnist = pytest.mark.skipif(not MNIST.is_file(), reason="GANLAB_DATA names no folder with mnist_28.npz")


def renamed(examples: Examples) -> Examples:
    return Examples("mine", examples.images, examples.labels, examples.classes)


def test_labelled_digits_under_another_name_have_their_classifier() -> None:
    found = classifier_for(renamed(digits(32)), None)
    assert found is not None
    assert found.name == "digits-cnn"


def test_labels_that_are_not_what_is_drawn_have_none() -> None:
    data = digits(32)
    assert data.labels is not None
    wrong = Examples("mine", data.images, (data.labels + 1) % 10, data.classes)
    assert classifier_for(wrong, None) is None
    assert classifier_for(Examples("mine", data.images), None) is None  # nobody says what they are
    assert classifier_for(pictures(), None) is None  # two classes


def test_files_called_digits_have_the_judge_that_is_right_of_them(tmp_path: Path, rng: torch.Generator) -> None:
    for kind in ("cat", "cow", "dog"):
        (tmp_path / "digits" / kind).mkdir(parents=True)
        noise = torch.randint(0, 256, (8, 8, 3), generator=rng, dtype=torch.uint8).numpy()
        Image.fromarray(noise).save(tmp_path / "digits" / kind / "a.png")
    animals = load(tmp_path / "digits", size=8)
    assert animals.name == "digits (files)"
    assert classifier_for(animals, None) is None
    assert features_for(animals).name == known_features(animals) == "pca-pixels"
    real = digits(32)
    np.savez(tmp_path / "digits.npz", images=real.images[:, 0].numpy(), labels=real.labels)
    for known in (load(tmp_path / "digits.npz"), load("digits"), Examples("digits", real.images)):
        found = classifier_for(known, None)
        assert found is not None
        assert found.name == "digits-cnn"


def test_it_is_said_where_principal_pixels_judge() -> None:
    told = pixels_told(Judge(pictures(40, 16), 10).of_real(0), "noise")
    assert "no classifier that comes with the lab knows noise" in told
    assert "clip:FOLDER" in told
    assert pixels_told(Judge(renamed(digits(32)), 10).of_real(0), "mine") == ""


def test_the_shipped_classifier_of_mnist_is_small_and_says_what_it_can() -> None:
    assert MNIST_SHIPPED.stat().st_size < 300_000
    about = json.loads(MNIST_SHIPPED.with_suffix(".json").read_text())
    assert about["accuracy"] > 0.98
    assert about["held_out"] == 10_000
    card = (MNIST_SHIPPED.parent / "MODEL_CARD.md").read_text()
    assert f"{about['accuracy']:.2%}" in card
    assert about["command"] in card


@needs_mnist
def test_mnist_is_judged_by_its_own_classifier() -> None:
    data = load(f"{MNIST}:test_images", size=32)
    chosen = classifier_for(data, None)
    assert chosen is not None
    assert chosen.name == "mnist-cnn"
    assert data.labels is not None
    images = data.images[::10].float() / 127.5 - 1
    right = (load_mnist_classifier().logits(chosen(images)).argmax(1) == data.labels[::10]).double().mean()
    assert float(right) > 0.97
    assert classifier_named("mnist-cnn").classes == tuple("0123456789")


class TestTwoDataSets:
    @pytest.fixture
    def folders(self, tmp_path: Path) -> tuple[Path, Path]:
        data = digits(16)
        for name, part in (("ones", slice(0, 400)), ("others", slice(400, 900))):
            images = data.images[part, 0].numpy()
            np.savez(tmp_path / f"{name}.npz", images=images)
        main(["sample", str(self._model(tmp_path)), "--count", "40", "--out", str(tmp_path / "drawn")])
        return tmp_path / "ones.npz", tmp_path / "others.npz"

    def _model(self, folder: Path) -> Path:
        from core_gans.models import Model, save_model
        from core_gans.variants import make

        game = make("dcgan", shape=(1, 16, 16), width=4, latent=3)
        save_model(folder / "model.safetensors", Model(game.players()["generator"].eval(), game))
        return folder / "model.safetensors"

    def test_any_two_are_compared(self, folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
        one, other = folders
        out = one.parent / "x.json"
        words = ["--size", "16", "--metrics", "frechet", "kernel", "--out", str(out)]
        main(["judge", str(one), "--data", str(other), *words])
        told = capsys.readouterr().out
        assert f"400 samples of {one} against others" in told
        assert "no classifier that comes with the lab knows others" in told
        near = json.loads(out.read_text())["samples"]
        out.unlink()
        main(["judge", str(one.parent / "drawn"), "--data", str(other), *words])
        assert "40 samples of" in capsys.readouterr().out
        far = json.loads(out.read_text())["samples"]
        assert near["kernel[pca-pixels]"] < far["kernel[pca-pixels]"] / 3

    def test_by_name_through_their_classifier(
        self, folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
    ) -> None:
        main(["judge", "digits", "--data", "digits", "--count", "300", "--metrics", "frechet", "classes_covered"])
        assert "frechet[digits-cnn]" in capsys.readouterr().out.replace("\n", "")

    def test_what_cannot_be_compared(
        self, folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "empty").mkdir()
        for words, expected in (
            ([str(folders[0])], "is no run but a data set: give the one to compare it with, --data"),
            ([str(folders[0]), "--data", "ring"], "give two data sets of one kind"),
            ([str(tmp_path / "empty"), "--data", "digits"], "expected a config.json"),
            ([str(tmp_path / "model.safetensors"), "--data", "digits", "--size", "16"], "--size is for two data sets"),
            ([str(tmp_path / "model.safetensors")], "does not say what it was trained on: give --data"),
        ):
            with pytest.raises(SystemExit):
                main(["judge", *words])
            assert expected in capsys.readouterr().out
