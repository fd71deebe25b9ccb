"""Metrics that judge a generator from outside: never by its own discriminator.

Distances are named after the features in which they were measured, such as ``frechet[digits-cnn]``.
"""

from core_gans.foundation.frechet import FeatureStatistics, frechet_distance
from core_gans.metrics.choosing import FEATURES, classifier_named
from core_gans.metrics.cifar_classifier import CifarResNet20, load_cifar_resnet20
from core_gans.metrics.classes import ClassCoverage, ClassTally, class_coverage, coverage_of, inception_style
from core_gans.metrics.digits_classifier import (
    DigitsClassifier,
    MnistClassifier,
    load_digits_classifier,
    load_mnist_classifier,
    save_digits_classifier,
)
from core_gans.metrics.digits_training import make_digits_classifier, train_digits_classifier
from core_gans.metrics.evaluating import evaluate, judge
from core_gans.metrics.features import Backbone, Classifier, FeatureExtractor
from core_gans.metrics.inception import Inception, load_inception
from core_gans.metrics.judge import METRICS, Judge, metrics_for
from core_gans.metrics.kernel import KernelMoments, kernel_distance
from core_gans.metrics.kernel_error import KernelEstimate, kernel_estimate
from core_gans.metrics.modes import ModeCoverage, ModeTally, mode_coverage
from core_gans.metrics.neighbours import Neighbours, compare_neighbours
from core_gans.metrics.pixels import PrincipalPixels
from core_gans.metrics.transformer_features import load_clip, load_dino

__all__ = [
    "FEATURES",
    "METRICS",
    "Backbone",
    "CifarResNet20",
    "ClassCoverage",
    "ClassTally",
    "Classifier",
    "DigitsClassifier",
    "FeatureExtractor",
    "FeatureStatistics",
    "Inception",
    "Judge",
    "KernelEstimate",
    "KernelMoments",
    "MnistClassifier",
    "ModeCoverage",
    "ModeTally",
    "Neighbours",
    "PrincipalPixels",
    "class_coverage",
    "classifier_named",
    "compare_neighbours",
    "coverage_of",
    "evaluate",
    "frechet_distance",
    "inception_style",
    "judge",
    "kernel_distance",
    "kernel_estimate",
    "load_cifar_resnet20",
    "load_clip",
    "load_digits_classifier",
    "load_dino",
    "load_inception",
    "load_mnist_classifier",
    "make_digits_classifier",
    "metrics_for",
    "mode_coverage",
    "save_digits_classifier",
    "train_digits_classifier",
]
