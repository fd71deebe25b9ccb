"""The measures, and the one explicit list of them. Every measure sums a batch up, merges sums, and scores those of
the real examples and of the samples against each other.

A sum is a value that takes the same memory however many samples it holds, save that of ``NeighboursMeasure``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from core_gans.data.examples import Examples
from core_gans.foundation.frechet import FeatureStatistics
from core_gans.foundation.names import unknown_name
from core_gans.metrics.classes import ClassTally
from core_gans.metrics.features import Backbone, Classifier
from core_gans.metrics.inception import Inception
from core_gans.metrics.kernel import MOST_FEATURES, KernelMoments
from core_gans.metrics.measure import KnownMeasure, Seen
from core_gans.metrics.modes import ModeTally
from core_gans.metrics.neighbours import MOST, NEAREST, KeptFeatures, compare_neighbours, require_room
from core_gans.metrics.stillness import StillTally


class FrechetMeasure:
    """The squared Frechet distance; keeps F^2 numbers."""

    metrics: tuple[str, ...] = ("frechet",)

    def __init__(self, features: str) -> None:
        self._features = features

    def summarise(self, features: Tensor) -> FeatureStatistics:
        return FeatureStatistics.of(features)

    def score(self, real: FeatureStatistics, generated: FeatureStatistics) -> dict[str, float]:
        return {f"frechet[{self._features}]": real.distance(generated)}


class FidMeasure:
    """The same on Inception's features, where it is called the Frechet Inception distance; F^2 numbers are 32 MiB."""

    metrics: tuple[str, ...] = ("fid",)

    def summarise(self, features: Tensor) -> FeatureStatistics:
        return FeatureStatistics.of(features)

    def score(self, real: FeatureStatistics, generated: FeatureStatistics) -> dict[str, float]:
        return {"fid": real.distance(generated)}


class KernelMeasure:
    """The unbiased kernel distance; keeps F^3 numbers."""

    metrics: tuple[str, ...] = ("kernel",)

    def __init__(self, features: str) -> None:
        self._features = features

    def summarise(self, features: Tensor) -> KernelMoments:
        return KernelMoments.of(features)

    def score(self, real: KernelMoments, generated: KernelMoments) -> dict[str, float]:
        return {f"kernel[{self._features}]": real.distance(generated)}


class NeighboursMeasure:
    """Precision, recall, density and coverage against as many real examples; keeps the features of both sets."""

    metrics: tuple[str, ...] = ("precision", "recall", "density", "coverage")

    def __init__(self, features: str, count: int) -> None:
        require_room(count, "generated")
        self._features = features
        self._count = count

    def summarise(self, features: Tensor) -> KeptFeatures:
        return KeptFeatures.of(features, min(self._count, MOST))

    def score(self, real: KeptFeatures, generated: KeptFeatures) -> dict[str, float]:
        found = compare_neighbours(real.features, generated.features)
        values = (found.precision, found.recall, found.density, found.coverage)
        return {f"{metric}[{self._features}]": value for metric, value in zip(self.metrics, values, strict=True)}


class ClassesMeasure:
    """What a classifier sees: the classes, and how sure it is of them; keeps three numbers a class."""

    metrics: tuple[str, ...] = ("classes_covered", "confident_share", "inception_style")

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier

    def summarise(self, features: Tensor) -> ClassTally:
        return ClassTally.of(self._classifier.logits(features))

    def score(self, real: ClassTally, generated: ClassTally) -> dict[str, float]:
        del real  # the classifier knows the classes
        coverage = generated.coverage()
        return {
            "classes_covered": float(coverage.covered),
            "confident_share": coverage.confident,
            f"inception_style[{self._classifier.name}]": coverage.inception_style,
        }


class ModesMeasure:
    """Mode coverage of points; keeps one number a mode.

    The modes are learned from the labels of the real points: their centres, and one standard deviation for all of
    them, measured along the axes. So a ring of another radius is judged as the ring that it is.
    """

    metrics: tuple[str, ...] = ("modes_covered", "high_quality_share")

    def __init__(self, data: Examples) -> None:
        if data.labels is None:
            raise ValueError(f"judging the points of {data.name!r} needs labels that say which mode each comes from")
        points = data.images.detach().to("cpu", torch.float64)
        modes, mode_of = data.labels.cpu().unique(return_inverse=True)
        self.centres = torch.stack([points[mode_of == mode].mean(dim=0) for mode in range(len(modes))])
        self.sigma = (points - self.centres[mode_of]).square().mean().sqrt().item()

    def summarise(self, features: Tensor) -> ModeTally:
        return ModeTally.of(features, self.centres, self.sigma)

    def score(self, real: ModeTally, generated: ModeTally) -> dict[str, float]:
        del real  # the centres stand for it
        coverage = generated.coverage()
        return {"modes_covered": float(coverage.covered), "high_quality_share": coverage.high_quality}


class StillMeasure:
    """The share of pixels that do not change from one frame to the next; keeps two numbers."""

    metrics: tuple[str, ...] = ("still_pixels",)

    def summarise(self, features: Tensor) -> StillTally:
        return StillTally.of(features)

    def score(self, real: StillTally, generated: StillTally) -> dict[str, float]:
        del real  # how still they are is told beside them
        return {"still_pixels": generated.share()}


def _of_points(data: Examples, classifier: Classifier | None) -> bool:
    del classifier
    return len(data.shape) == 1


def _of_classes(data: Examples, classifier: Classifier | None) -> bool:
    return len(data.shape) > 1 and classifier is not None and len(classifier.classes) > 0


def _of_inception(data: Examples, classifier: Classifier | None) -> bool:
    return len(data.shape) > 1 and isinstance(classifier, Inception)


def _of_few_features(data: Examples, classifier: Classifier | None) -> bool:
    if len(data.shape) == 1:
        return data.shape[0] <= MOST_FEATURES
    return not (isinstance(classifier, Backbone) and classifier.size > MOST_FEATURES)


def _classes(seen: Seen) -> ClassesMeasure:
    assert seen.classifier is not None  # it suits nothing else
    return ClassesMeasure(seen.classifier)


def _neighbours(seen: Seen) -> NeighboursMeasure:
    if min(seen.count, len(seen.data)) <= NEAREST:
        raise ValueError(
            f"precision, recall, density and coverage need more than {NEAREST} samples and as many real examples, got "
            f"{seen.count:,} and {len(seen.data):,}: give more, or leave them out of the metrics."
        )
    return NeighboursMeasure(seen.features, seen.count)


MODES = KnownMeasure(
    ModesMeasure.metrics,
    lambda seen: ModesMeasure(seen.data),
    "points with labels",
    _of_points,
    quick=True,
    about="how many known modes are reached, and the share of samples that lie in one",
)
CLASSES = KnownMeasure(
    ClassesMeasure.metrics,
    _classes,
    "images and a classifier",
    _of_classes,
    quick=True,
    about="which classes a classifier of real data sees, and how sure it is",
)
FID = KnownMeasure(
    FidMeasure.metrics,
    lambda seen: FidMeasure(),
    "Inception's weights (--features FILE.pth; frechet is the same distance on other features)",
    _of_inception,
    quick=True,
    lower_is_better=True,
    about="the Frechet Inception distance, on the published weights alone",
)
FRECHET = KnownMeasure(
    FrechetMeasure.metrics,
    lambda seen: FrechetMeasure(seen.features),
    "points, or images seen through other features than Inception's, on which it is called fid",
    lambda data, classifier: not _of_inception(data, classifier),
    quick=True,
    lower_is_better=True,
    about="distance of two Gaussians that are fitted to features of real and drawn examples",
)
KERNEL = KnownMeasure(
    KernelMeasure.metrics,
    lambda seen: KernelMeasure(seen.features),
    f"at most {MOST_FEATURES} features",
    _of_few_features,
    lower_is_better=True,
    about="unbiased kernel distance (KID on other features)",
)
STILL = KnownMeasure(
    StillMeasure.metrics,
    lambda seen: StillMeasure(),
    "clips",
    lambda data, classifier: data.kind == "clips",
    quick=True,
    of_samples=True,
    about="share of pixels that stay the same from frame to frame",
)
NEIGHBOURS = KnownMeasure(
    NeighboursMeasure.metrics,
    _neighbours,
    about="how many samples lie among real examples, and how many real examples among samples",
)

MEASURES: list[KnownMeasure] = [MODES, CLASSES, FID, FRECHET, KERNEL, NEIGHBOURS, STILL]


def metric_names() -> tuple[str, ...]:
    """The names of all metrics, without the features."""
    return tuple(metric for measure in MEASURES for metric in measure.metrics)


ELSEWHERE = {"kid": "kernel", "is": "inception_style", "inception_score": "inception_style"}
"""What others call a measure when it is taken on an Inception network."""


def unknown_metric(name: str) -> ValueError:
    """The error for a ``name`` that is no metric: the nearest ones, and what stands for a name of the field."""
    if name.lower() not in ELSEWHERE:
        return unknown_name("metric", name, metric_names())
    return ValueError(
        f"{name} is measured on an Inception network, which does not come with the lab: did you mean "
        f"{ELSEWHERE[name.lower()]}, on the features of --features?"
    )


HELD_OUT = {"bleu": 1, "exact_match": 1, "psnr": 1, "l1": -1, "oracle_nll": -1, "held_out_nll": -1}
"""What games are judged by that answer to held-out examples, the most telling first; -1: low is better."""


def merit(scores: Mapping[str, float]) -> float:
    """One number for the judge's ``scores``, high is better: modes and their quality where known, else a distance, else
    what the answers to held-out examples are judged by. NaN where nothing was judged.
    """
    if "modes_covered" in scores:
        return scores["modes_covered"] + scores.get("high_quality_share", 0.0)
    for name, sign in HELD_OUT.items():
        if name in scores:
            return sign * scores[name]
    for metric, value in scores.items():
        measure = measure_of(metric)
        if measure is not None and measure.lower_is_better:
            return -value
    return next(iter(scores.values()), math.nan)


def measure_of(metric: str) -> KnownMeasure | None:
    """The measure of ``metric``, with or without its features, as ``frechet[digits-cnn]``; None for other names."""
    name = metric.split("[")[0]
    return next((measure for measure in MEASURES if name in measure.metrics), None)
