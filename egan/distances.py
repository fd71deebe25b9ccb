"""Fitness by distance: how far a candidate's fakes are from real examples, in named features.

It asks the data instead of the discriminator. The judge of a run may look through the same features: then it is no
longer independent of the evolution, and others must be asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from core_gans.data import Examples
from core_gans.data.examples import as_float
from core_gans.metrics import FeatureStatistics
from core_gans.metrics.choosing import extractor_for, known_classifier
from egan.fitness import Judgement, Rule

Kind = Literal["frechet", "kernel"]
MOST = 2_000  # real examples that fakes are compared with
WIDTHS = (0.125, 0.25, 0.5, 1.0)  # of the kernels, in units of the real examples' median distance


@dataclass(frozen=True)
class Features:
    """A named map from examples (N, ...) to features (N, F)."""

    name: str
    of: Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class DistanceRule(Rule):
    """Minus a distance between features of the fakes and of real examples; ``name`` says which, and in which."""

    name: str
    features: Callable[[Tensor], Tensor]
    distance: Callable[[Tensor], float]

    def __call__(self, judgement: Judgement) -> float:
        if not bool(judgement.fakes.isfinite().all()):
            return float("nan")
        return -self.distance(self.features(judgement.fakes.detach()).double().cpu())


def distance_rule(kind: Kind, examples: Examples, features: Features | None = None) -> DistanceRule:
    """The Frechet or the kernel distance to up to 2,000 evenly spaced examples, in ``features_for`` them by default.

    Small evaluation sets are biased alike for all candidates: as a fitness they can be compared, as a result not.
    LabError for examples of a shape that cannot be judged.
    """
    features = features or features_for(examples)
    chosen = torch.linspace(0, len(examples) - 1, min(MOST, len(examples))).round().long()
    with torch.no_grad():
        real = torch.cat([features.of(as_float(part)) for part in examples.images[chosen].split(250)]).double().cpu()
    distance = frechet_to(real) if kind == "frechet" else kernel_to(real)
    measure = "frechet" if kind == "frechet" else "gaussian_mmd"
    return DistanceRule(f"{measure}[{features.name}]", features.of, distance)


def features_for(examples: Examples) -> Features:
    """Data space for points; the classifier's that judges the data set, as of digits; principal pixels for others.

    LabError for other shapes than points, images and clips.
    """
    if len(examples.shape) == 1:
        return Features("points", lambda points: points)
    extractor = extractor_for(examples, known_classifier(examples))
    return Features(extractor.name, lambda images: extractor(images.float().cpu()))


def frechet_to(real: Tensor) -> Callable[[Tensor], float]:
    """The squared Frechet distance of Gaussians to ``real`` (R, F). Heusel et al. 2017, equation 6."""
    statistics = FeatureStatistics.of(real)
    return lambda fake: statistics.distance(FeatureStatistics.of(fake))


def kernel_to(real: Tensor) -> Callable[[Tensor], float]:
    """The squared maximum mean discrepancy to ``real`` (R, F), unbiased. Gretton et al. 2012, equation 3."""
    among, between = mean_kernel(real)
    within = among(real)
    return lambda fake: within + among(fake) - 2 * between(real, fake)


def mean_kernel(real: Tensor) -> tuple[Callable[[Tensor], float], Callable[[Tensor, Tensor], float]]:
    """The mean kernel among the pairs of a set (N, F), and between two sets; its widths are those of ``real`` (R, F).

    The kernel is a mean of Gaussians of several widths (Li et al. 2015), because a polynomial one, which is usual for
    images, is blind to the modes of a ring: its first moments are those of a circle.
    """
    widths = (torch.pdist(real).median() * torch.tensor(WIDTHS, dtype=real.dtype)).clamp_min(1e-12)

    def kernel(distances: Tensor) -> float:
        return float(torch.stack([torch.exp(-(distances**2) / (2 * width**2)) for width in widths]).mean())

    return lambda ones: kernel(torch.pdist(ones)), lambda ones, others: kernel(torch.cdist(ones, others))
