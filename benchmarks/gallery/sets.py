"""The data of the gallery, each with who judges it and when its samples count as recognised."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from benchmarks.applications.classes import LENET, lenet
from benchmarks.applications.real_sets import CIFAR, MNIST, cifar, mnist
from core_gans.data import Examples, load
from core_gans.metrics import Judge
from core_gans.metrics.classes import inception_style

Sampler = Callable[[int], Tensor]
FEW = 300  # samples of a look in between
BY_LENET = 1_000  # samples that the LeNet scores


@dataclass(frozen=True)
class GallerySet:
    """``recognised`` is the share of samples that its judge is sure of, the name of its metric; empty for none."""

    name: str
    about: str
    load: Callable[[], Examples]
    words: str
    """How a command names it."""
    metrics: tuple[str, ...]
    recognised: str
    classifier: str | None = None
    lenet: bool = False
    """Whether a LeNet that others trained scores it, too."""

    def judge(self, examples: Examples) -> Judge:
        return Judge(examples, 2_000, classifier=self.classifier, metrics=self.metrics)

    def glance(self, examples: Examples) -> Judge | None:
        """A judge of a few samples, for looks in between."""
        if not self.recognised:
            return None
        return Judge(examples, FEW, classifier=self.classifier, metrics=(self.recognised,))

    def figures(self, judge: Judge, sampler: Sampler) -> dict[str, float]:
        """All numbers of a sampler."""
        found: Mapping[str, float] = judge(sampler)
        return {**found, **({"inception_style[csinva-lenet]": by_lenet(sampler)} if self.lenet else {})}


@torch.no_grad()
def by_lenet(sampler: Sampler) -> float:
    """The score of a LeNet that others trained: 1 to 10."""
    judge = lenet()
    return inception_style(torch.cat([judge((sampler(250) + 1) / 2) for _ in range(BY_LENET // 250)]))


CLASSES = ("frechet", "classes_covered", "confident_share")
SETS = {
    each.name: each
    for each in (
        GallerySet("digits", "1,797 digits", lambda: load("digits"), "digits", CLASSES, "confident_share"),
        GallerySet(
            "mnist",
            "60,000 digits of MNIST at 32 pixels",
            mnist,
            f"$GANLAB_DATA/{MNIST}",
            CLASSES,
            "confident_share",
            "mnist-cnn",
            lenet=True,
        ),
        GallerySet(
            "cifar",
            "50,000 photographs of CIFAR-10",
            lambda: cifar("train"),
            f"$GANLAB_DATA/{CIFAR}:train_jpeg",
            (*CLASSES, "inception_style"),
            "confident_share",
            "cifar-resnet20",
        ),
        GallerySet("scenes", "4,000 drawn scenes", lambda: load("scenes"), "scenes", ("frechet", "recall"), ""),
        GallerySet(
            "moving_digits",
            "clips of a digit that moves, four frames each",
            lambda: load("moving_digits"),
            "moving_digits",
            ("frechet", "still_pixels"),
            "",
        ),
        GallerySet(
            "ring",
            "eight clouds of points",
            lambda: load("ring"),
            "ring",
            ("frechet", "modes_covered", "high_quality_share"),
            "high_quality_share",
        ),
    )
}
NEEDS = {"mnist": (MNIST, LENET), "cifar": (CIFAR,)}
"""Files in the folder that GANLAB_DATA names."""
