"""Which features a metric uses: by name, by what the data are, or by which classifier knows them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from core_gans.data import KNOWN, Examples
from core_gans.data.examples import as_float
from core_gans.foundation.errors import LabError
from core_gans.foundation.names import require_known, unknown_name
from core_gans.metrics.cifar_classifier import CifarResNet20, load_cifar_resnet20
from core_gans.metrics.digits_classifier import (
    DigitsClassifier,
    MnistClassifier,
    load_digits_classifier,
    load_mnist_classifier,
)
from core_gans.metrics.features import Classifier, FeatureExtractor
from core_gans.metrics.inception import SUFFIXES, load_inception
from core_gans.metrics.motion_classifier import MotionClassifier, load_motion_classifier
from core_gans.metrics.pixels import PrincipalPixels
from core_gans.metrics.transformer_features import load_clip, load_dino

CLASSIFIERS: dict[str, Callable[[], Classifier]] = {
    DigitsClassifier.name: cache(load_digits_classifier),
    MnistClassifier.name: cache(load_mnist_classifier),
    CifarResNet20.name: load_cifar_resnet20,
    MotionClassifier.name: cache(load_motion_classifier),
}
SHIPPED = (
    DigitsClassifier.name,
    MnistClassifier.name,
)  # on every machine alike: they may be chosen
FEATURES = (*CLASSIFIERS, PrincipalPixels.name)  # of images, and one of clips
FOLDERS: dict[str, Callable[[Path], Classifier]] = {"clip": load_clip, "dino": load_dino}
"""Models of a person's own, by what stands before the colon of their folder."""
ACCURATE = 0.9  # share of labelled real images of which a classifier must be right, to be their judge
TRIED = 500  # images, evenly spaced, on which that is measured


class Coordinates:
    """Points (N, D) as they are: their own features."""

    name = "points"

    def __call__(self, images: Tensor) -> Tensor:
        return images


def classifier_named(name: str) -> Classifier:
    """The classifier called ``digits-cnn``, ``mnist-cnn``, ``motion-cnn`` (of clips), or ``cifar-resnet20``, whose
    weights lie in GANLAB_DATA.

    Raises ``ValueError`` with the nearest names for others, and ``CheckpointError`` when weights are missing.
    """
    return CLASSIFIERS[require_known("classifier", name, CLASSIFIERS)]()


def classifier_for(data: Examples, asked: Classifier | str | None) -> Classifier | None:
    """What is asked for, by itself or by name; else the classifier that suits ``data``; None where there is none.

    A name is one of ``FEATURES`` (``pca-pixels`` names no classifier and gives None), ``clip:FOLDER``, ``dino:FOLDER``,
    or a file of Inception weights. Chosen by itself is that of a known data set, and of other labelled images the
    shipped one that is right of most of them, of 90% at least. Weights that a person must bring are never chosen.
    ValueError for an unknown name.
    """
    if asked is None:
        return known_classifier(data) or _accurate(data)
    return classifier_asked(asked) if isinstance(asked, str) else asked


def classifier_asked(asked: str) -> Classifier | None:
    """What :func:`classifier_for` makes of a name, before any data are read. ValueError for an unknown one."""
    if asked in FEATURES:
        return classifier_named(asked) if asked in CLASSIFIERS else None
    kind, colon, folder = asked.partition(":")
    if colon and kind in FOLDERS:
        return FOLDERS[kind](Path(folder))
    if asked.endswith(SUFFIXES):
        return load_inception(asked)
    others = (*(f"{kind}:FOLDER" for kind in FOLDERS), "a file of Inception weights (.pth)")
    raise unknown_name("set of features", asked, (*FEATURES, *others))


def known_classifier(data: Examples) -> Classifier | None:
    """The classifier of the known data set that ``data`` are called after; None for others, and for points."""
    known = KNOWN.get(data.name)
    return classifier_named(known.features) if known and known.features and data.kind == known.kind else None


def known_features(data: Examples) -> str:
    """The name of what images called as a known data set are seen through: its classifier, else principal pixels.

    Unlike ``classifier_for`` it does not look at the images, so that what was begun with it is continued with it.
    """
    known = KNOWN.get(data.name)
    return (known.features if known else None) or PrincipalPixels.name


def pixels_told(metrics: Iterable[str], data: str) -> str:
    """What to know of numbers on ``data`` that were seen as principal pixels; empty where none of ``metrics`` was."""
    if not any(metric.endswith(f"[{PrincipalPixels.name}]") for metric in metrics):
        return ""
    return (
        f"note: no classifier that comes with the lab knows {data}, so the images are seen as {PrincipalPixels.name}, "
        "which blur suits better than it should: compare such numbers with care, or judge through a network of your "
        f"own (core-gans judge --features clip:FOLDER, dino:FOLDER, {CifarResNet20.name} for small photographs, or "
        "Inception's weights)."
    )


@torch.no_grad()
def _accurate(data: Examples) -> Classifier | None:
    """The shipped classifier that is right of most of the labelled images, if of enough; None without labels."""
    if data.labels is None or len(data.shape) != 3 or data.shape[0] not in (1, 3) or not len(data):
        return None
    chosen = torch.linspace(0, len(data) - 1, min(TRIED, len(data))).long()
    images, labels = as_float(data.images[chosen]), data.labels[chosen]
    right: dict[str, float] = {}
    for name in SHIPPED:
        classifier = classifier_named(name)
        if len(classifier.classes) == len(data.classes):
            right[name] = (classifier.logits(classifier(images)).argmax(1) == labels).double().mean().item()
    best = max(right, key=right.__getitem__, default=None)
    return classifier_named(best) if best is not None and right[best] >= ACCURATE else None


def extractor_for(data: Examples, classifier: Classifier | None) -> FeatureExtractor:
    """What ``data`` are seen through: coordinates of points, the classifier, or the pixels' principal components.

    Clips have ``motion-cnn`` in place of the pixels. LabError for tokens, and for examples of other shapes.
    """
    match data.kind, data.shape:
        case "points", (_,):
            return Coordinates()
        case "images", (_, _, _):
            return PrincipalPixels(data.images) if classifier is None else classifier
        case "clips", (1 | 3, _, _, _):
            return classifier_named(MotionClassifier.name) if classifier is None else classifier
        case _:
            raise LabError(
                "only points (N, D), images (N, C, H, W) and clips (N, 1 or 3, T, H, W) can be judged; the examples of "
                f"{data.name!r} have the shape {data.shape}"
            )


@torch.no_grad()
def features_of(extractor: FeatureExtractor, samples: Tensor) -> Tensor:
    """Features (N, F) of samples in floats, on the CPU."""
    return extractor(samples.float()).detach().cpu()
