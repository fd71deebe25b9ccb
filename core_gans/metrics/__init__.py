"""Metrics that judge a generator from outside: never by its own discriminator.

Distances are named after the features in which they were measured, such as ``frechet[digits-cnn]``.
"""

from core_gans.metrics.classes import ClassCoverage, class_coverage, coverage_of, inception_style
from core_gans.metrics.digits_classifier import DigitsClassifier, load_digits_classifier, save_digits_classifier
from core_gans.metrics.digits_training import make_digits_classifier, train_digits_classifier
from core_gans.metrics.features import Classifier, FeatureExtractor
from core_gans.metrics.frechet import FeatureStatistics, frechet_distance
from core_gans.metrics.judge import Judge, judge
from core_gans.metrics.modes import ModeCoverage, mode_coverage
from core_gans.metrics.pixels import PrincipalPixels

__all__ = [
    "ClassCoverage",
    "Classifier",
    "DigitsClassifier",
    "FeatureExtractor",
    "FeatureStatistics",
    "Judge",
    "ModeCoverage",
    "PrincipalPixels",
    "class_coverage",
    "coverage_of",
    "frechet_distance",
    "inception_style",
    "judge",
    "load_digits_classifier",
    "make_digits_classifier",
    "mode_coverage",
    "save_digits_classifier",
    "train_digits_classifier",
]
