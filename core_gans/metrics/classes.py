"""Class coverage of generated images, as an independent classifier sees them, and the inception-style score.

The score is that of Salimans et al. 2016 (section 4), exp E_x KL(p(y|x) || p(y)), with a classifier of the caller's
in the place of the Inception network: name it after that classifier. It equals exp(H(E p) - E H(p)), the entropy of
the mean less the mean entropy, so two sums over the samples suffice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from core_gans.foundation.finite import require_finite
from core_gans.metrics.features import Classifier
from core_gans.metrics.modes import per_ten_thousand

CONFIDENCE = 0.8  # probability of the best class from which a sample counts for it
AT_LEAST = 100.0  # such samples of every 10,000 cover a class: a tenth of a fair share of ten classes


@dataclass(frozen=True)
class ClassCoverage:
    """``covered`` of ``classes`` classes, and how sure the classifier is of what it sees."""

    covered: int
    classes: int
    confident: float  # share of samples whose best class has at least the asked probability
    counts: tuple[int, ...]  # confident samples of each class
    histogram: tuple[float, ...]  # share of all samples whose best class this is; sums to 1
    inception_style: float  # 1 (all alike, or nothing recognised) to the number of classes


@dataclass(frozen=True)
class ClassTally:
    """What classes were seen among samples; tallies of parts merge into that of the whole."""

    count: int
    confident: Tensor  # (K,) samples that are surely of each class
    best: Tensor  # (K,) samples of which each class is the best guess
    probability: Tensor  # (K,) sums of p(y|x), float64
    certainty: float  # sum over samples and classes of p log p

    @classmethod
    @torch.no_grad()
    def of(cls, logits: Tensor, confidence: float = CONFIDENCE) -> ClassTally:
        """Tally ``logits`` (N, K); a sample is confident whose largest probability is ``confidence`` or more.

        Raises ``ValueError`` for other shapes or values that are not finite.
        """
        if logits.ndim != 2 or not len(logits) or logits.shape[1] < 2:
            raise ValueError(f"expected logits of shape (N, K) with N >= 1 and K >= 2, got {tuple(logits.shape)}")
        if not 0 <= confidence <= 1:
            raise ValueError(f"expected a confidence in [0, 1], got {confidence}")
        require_finite(logits, "the logits")
        classes = logits.shape[1]
        log_p = logits.detach().to("cpu", torch.float64).log_softmax(dim=1)
        p = log_p.exp()
        sureness, best = p.max(dim=1)
        return cls(
            count=len(p),
            confident=torch.bincount(best[sureness >= confidence], minlength=classes),
            best=torch.bincount(best, minlength=classes),
            probability=p.sum(dim=0),
            certainty=(p * log_p).sum().item(),
        )

    def merge(self, other: ClassTally) -> ClassTally:
        """The tally of both sets together."""
        return ClassTally(
            self.count + other.count,
            self.confident + other.confident,
            self.best + other.best,
            self.probability + other.probability,
            self.certainty + other.certainty,
        )

    @property
    def inception_style(self) -> float:
        """exp E KL(p(y|x) || p(y)): from 1 up to K for sure and evenly spread samples."""
        mean = self.probability / self.count
        return math.exp(max(0.0, self.certainty / self.count - torch.special.xlogy(mean, mean).sum().item()))

    def coverage(self, at_least: float = AT_LEAST) -> ClassCoverage:
        """Count the classes that hold ``at_least`` confident samples of every 10,000 (fewer: in proportion)."""
        return ClassCoverage(
            covered=int((self.confident >= per_ten_thousand(at_least, self.count)).sum()),
            classes=len(self.confident),
            confident=int(self.confident.sum()) / self.count,
            counts=tuple(self.confident.tolist()),
            histogram=tuple((self.best.double() / self.count).tolist()),
            inception_style=self.inception_style,
        )


@torch.no_grad()
def class_coverage(images: Tensor, classifier: Classifier) -> ClassCoverage:
    """Classify ``images`` (N, C, H, W) in [-1, 1] and count the classes among them; see ``coverage_of``.

    ValueError as there.
    """
    if images.ndim != 4 or not len(images):
        raise ValueError(f"expected images of shape (N, C, H, W) with N >= 1, got {tuple(images.shape)}")
    require_finite(images, "the images")
    logits = torch.cat([classifier.logits(classifier(batch)) for batch in images.split(256)])
    return coverage_of(logits)


def coverage_of(logits: Tensor, confidence: float = CONFIDENCE, at_least: float = AT_LEAST) -> ClassCoverage:
    """Count classes from ``logits`` (N, K).

    A sample counts for its best class when that class has at least the probability ``confidence``. A class is
    covered by at least ``at_least`` such samples of every 10,000 (with fewer samples, in proportion); for ten
    classes the default is a tenth of a fair share. Raises ``ValueError`` for other shapes or values not finite.
    """
    return ClassTally.of(logits, confidence).coverage(at_least)


def inception_style(logits: Tensor) -> float:
    """exp E KL(p(y|x) || p(y)) from ``logits`` (N, K): from 1 up to K for sure and evenly spread samples.

    Raises ValueError for logits that are not finite.
    """
    return ClassTally.of(logits).inception_style
