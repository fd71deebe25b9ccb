"""``python -m core_gans.metrics.mnist_training``: train the classifier that judges MNIST, and write it where it ships.

The network and the lessons are those of the digits classifier; it learns from the 60,000 training digits and is
measured on the 10,000 test digits, which it never saw.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import torch
import tyro

from core_gans.data import load
from core_gans.data.examples import Examples, as_float
from core_gans.foundation.errors import LabError
from core_gans.metrics.digits_classifier import MNIST_SHIPPED, SIDE, MnistClassifier
from core_gans.metrics.digits_training import measured, require_places, taught, write_judge

COMMAND = "python -m core_gans.metrics.mnist_training"
FILE = "mnist_28.npz"  # in the folder that GANLAB_DATA names


def make_mnist_classifier(
    data: Path | None = None, out: Path = MNIST_SHIPPED, seed: int = 0, steps: int = 2_500, overwrite: bool = False
) -> None:
    """Train the classifier that judges MNIST; write its weights and, beside them, a JSON file about it.

    Args:
        data: an .npz with train_images, train_labels, test_images, test_labels; default: mnist_28.npz in GANLAB_DATA
        out: where the weights go (.safetensors)
        seed: decides the initial weights and every draw
        steps: optimiser steps of 64 digits
        overwrite: replace what stands there

    FileExistsError where something stands there.
    """
    require_places(out, overwrite=overwrite)
    path = data or Path(os.environ.get("GANLAB_DATA", "")) / FILE
    learn, held = (_digits(f"{path}:{part}_images") for part in ("train", "test"))
    assert learn.labels is not None  # _digits refuses others
    assert held.labels is not None
    started, rng = time.perf_counter(), torch.Generator().manual_seed(seed)
    classifier = taught(MnistClassifier, learn.images, learn.labels, steps, rng)
    report = measured(classifier, as_float(held.images), held.labels, len(learn), steps, started, rng)
    write_judge(classifier, report, out, "MNIST at 32x32", f"{COMMAND} --seed {seed} --steps {steps}", seed)


def _digits(place: str) -> Examples:
    """Grey digits (N, 1, 32, 32) with their labels at ``place``; LabError for others."""
    found = load(place, size=SIDE, channels=1)
    if found.labels is None or len(found.classes) != len(MnistClassifier.classes):
        raise LabError(f"expected images of ten labelled digits at {place}, got {len(found.classes)} classes.")
    return found


if __name__ == "__main__":
    tyro.cli(make_mnist_classifier)
