"""Class coverage of generated images, as an independent classifier sees them, and the inception-style score.

The score is that of Salimans et al. 2016 (section 4), exp E_x KL(p(y|x) || p(y)), with a classifier of the caller's
in the place of the Inception network: name it after that classifier.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from core_gans.metrics.features import Classifier, require_finite
from core_gans.metrics.modes import per_ten_thousand


@dataclass(frozen=True)
class ClassCoverage:
    """``covered`` of ``classes`` classes, and how sure the classifier is of what it sees."""

    covered: int
    classes: int
    confident: float  # share of samples whose best class has at least the asked probability
    counts: tuple[int, ...]  # confident samples of each class
    histogram: tuple[float, ...]  # share of all samples whose best class this is; sums to 1
    inception_style: float  # 1 (all alike, or nothing recognised) to the number of classes


@torch.no_grad()
def class_coverage(
    images: Tensor, classifier: Classifier, confidence: float = 0.8, at_least: float = 100.0, batch_size: int = 256
) -> ClassCoverage:
    """Classify ``images`` (N, C, H, W) in [-1, 1] and count the classes among them; see ``coverage_of``."""
    if images.ndim != 4 or not len(images):
        raise ValueError(f"expected images of shape (N, C, H, W) with N >= 1, got {tuple(images.shape)}")
    require_finite(images, "the images")
    logits = torch.cat([classifier.logits(classifier(batch)) for batch in images.split(batch_size)])
    return coverage_of(logits, confidence, at_least)


@torch.no_grad()
def coverage_of(logits: Tensor, confidence: float = 0.8, at_least: float = 100.0) -> ClassCoverage:
    """Count classes from ``logits`` (N, K).

    A sample counts for its best class when that class has at least the probability ``confidence``. A class is
    covered by at least ``at_least`` such samples of every 10,000 (with fewer samples, in proportion); for ten
    classes the default is a tenth of a fair share. Raises ``ValueError`` for other shapes or values not finite.
    """
    if logits.ndim != 2 or not len(logits) or logits.shape[1] < 2:
        raise ValueError(f"expected logits of shape (N, K) with N >= 1 and K >= 2, got {tuple(logits.shape)}")
    if not 0 <= confidence <= 1:
        raise ValueError(f"expected a confidence in [0, 1], got {confidence}")
    require_finite(logits, "the logits")
    classes = logits.shape[1]
    sureness, best = logits.detach().to("cpu", torch.float64).softmax(dim=1).max(dim=1)
    confident = sureness >= confidence
    counts = torch.bincount(best[confident], minlength=classes)
    histogram = torch.bincount(best, minlength=classes).double() / len(best)
    return ClassCoverage(
        covered=int((counts >= per_ten_thousand(at_least, len(best))).sum()),
        classes=classes,
        confident=confident.double().mean().item(),
        counts=tuple(counts.tolist()),
        histogram=tuple(histogram.tolist()),
        inception_style=inception_style(logits),
    )


@torch.no_grad()
def inception_style(logits: Tensor) -> float:
    """exp E KL(p(y|x) || p(y)) from ``logits`` (N, K): from 1 up to K for sure and evenly spread samples."""
    log_p = logits.detach().to("cpu", torch.float64).log_softmax(dim=1)
    log_marginal = log_p.logsumexp(dim=0) - torch.tensor(float(len(log_p)), dtype=torch.float64).log()
    return (log_p.exp() * (log_p - log_marginal)).sum(dim=1).mean().exp().item()
