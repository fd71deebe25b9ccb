"""What is measured of samples, for each kind of data: modes of points, classes of images, pixels of any image."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from core_gans.data.examples import Examples, as_float
from core_gans.metrics.classes import coverage_of
from core_gans.metrics.features import Classifier, FeatureExtractor
from core_gans.metrics.frechet import FeatureStatistics
from core_gans.metrics.modes import mode_coverage


class Measure(Protocol):
    """Describes samples a batch at a time, so that none need be kept, then scores all descriptions together."""

    def describe(self, samples: Tensor) -> Tensor:
        """Samples (n, ...), floats, to what the score needs of them, (n, F) on the CPU."""

    def score(self, described: Tensor) -> dict[str, float]:
        """Named numbers from descriptions (N, F)."""


class PointModes:
    """Mode coverage, and the Frechet distance in the points' own coordinates.

    The modes are learned from the labels of the real points: their centres, and one standard deviation for all of
    them, measured along the axes. So a ring of another radius is judged as the ring that it is.
    """

    def __init__(self, data: Examples) -> None:
        if data.labels is None:
            raise ValueError(f"judging the points of {data.name!r} needs labels that say which mode each comes from")
        points = data.images.detach().to("cpu", torch.float64)
        modes, mode_of = data.labels.cpu().unique(return_inverse=True)
        self.centres = torch.stack([points[mode_of == mode].mean(dim=0) for mode in range(len(modes))])
        self.sigma = (points - self.centres[mode_of]).square().mean().sqrt().item()
        self._real = FeatureStatistics.of(points)

    def describe(self, samples: Tensor) -> Tensor:
        return samples.cpu()

    def score(self, described: Tensor) -> dict[str, float]:
        coverage = mode_coverage(described, self.centres, self.sigma)
        return {
            "modes_covered": float(coverage.covered),
            "high_quality_share": coverage.high_quality,
            "frechet[points]": self._real.distance(FeatureStatistics.of(described)),
        }


class ImageFeatures:
    """The Frechet distance in the features of any extractor."""

    def __init__(self, extractor: FeatureExtractor, data: Examples, batch_size: int) -> None:
        self._extractor = extractor
        first, *others = (extractor(as_float(batch)) for batch in data.images.split(batch_size))
        real = FeatureStatistics.of(first)
        for features in others:
            real = real.merge(FeatureStatistics.of(features))
        self._real = real

    def describe(self, samples: Tensor) -> Tensor:
        return self._extractor(samples).cpu()

    def score(self, described: Tensor) -> dict[str, float]:
        return {f"frechet[{self._extractor.name}]": self._real.distance(FeatureStatistics.of(described))}


class ImageClasses:
    """What a classifier sees: the distance in its features, the classes, and how sure it is of them."""

    def __init__(self, classifier: Classifier, data: Examples, batch_size: int) -> None:
        self._classifier = classifier
        self._features = ImageFeatures(classifier, data, batch_size)

    def describe(self, samples: Tensor) -> Tensor:
        return self._features.describe(samples)

    def score(self, described: Tensor) -> dict[str, float]:
        coverage = coverage_of(self._classifier.logits(described))
        return {
            **self._features.score(described),
            "classes_covered": float(coverage.covered),
            "confident_share": coverage.confident,
            f"inception_style[{self._classifier.name}]": coverage.inception_style,
        }
