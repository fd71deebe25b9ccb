"""Which features a metric uses for images or points: by name, or by what the data are."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from core_gans.data import KNOWN, Examples
from core_gans.foundation.names import require_known
from core_gans.metrics.cifar_classifier import CifarResNet20, load_cifar_resnet20
from core_gans.metrics.digits_classifier import DigitsClassifier, load_digits_classifier
from core_gans.metrics.features import Classifier, FeatureExtractor
from core_gans.metrics.pixels import PrincipalPixels

CLASSIFIERS: dict[str, Callable[[], Classifier]] = {
    DigitsClassifier.name: load_digits_classifier,
    CifarResNet20.name: load_cifar_resnet20,
}
FEATURES = (*CLASSIFIERS, PrincipalPixels.name)  # of images


class Coordinates:
    """Points (N, D) as they are: their own features."""

    name = "points"

    def __call__(self, images: Tensor) -> Tensor:
        return images


def classifier_named(name: str) -> Classifier:
    """The classifier called ``digits-cnn`` or ``cifar-resnet20``; the latter's weights lie in GANLAB_DATA.

    Raises ``ValueError`` with the nearest names for others, and ``CheckpointError`` when weights are missing.
    """
    return CLASSIFIERS[require_known("classifier", name, CLASSIFIERS)]()


def classifier_for(data: Examples, asked: Classifier | str | None) -> Classifier | None:
    """The classifier asked for, by itself or by name; else the one that suits ``data``; None where there is none.

    Nothing is guessed but this: images that are called as a known data set are seen by its ``features``, digits by
    ``digits-cnn``. ``pca-pixels`` names no classifier, so asking for it gives None.
    """
    if asked is None:
        known = KNOWN.get(data.name)
        return classifier_named(known.features) if known and known.features and len(data.shape) == 3 else None
    if not isinstance(asked, str):
        return asked
    require_known("set of features", asked, FEATURES)
    return classifier_named(asked) if asked in CLASSIFIERS else None


def extractor_for(data: Examples, classifier: Classifier | None) -> FeatureExtractor:
    """What ``data`` are seen through: coordinates of points, the classifier, or the pixels' principal components."""
    match data.shape:
        case (_,):
            return Coordinates()
        case (_, _, _):
            return PrincipalPixels(data.images) if classifier is None else classifier
        case _:
            raise ValueError(
                f"only points (N, D) and images (N, C, H, W) can be judged; the examples of {data.name!r} "
                f"have the shape {data.shape}"
            )


@torch.no_grad()
def features_of(extractor: FeatureExtractor, samples: Tensor) -> Tensor:
    """Features (N, F) of samples in floats, on the CPU."""
    return extractor(samples.float()).detach().cpu()
