"""One call from a sampler to named numbers: the right metrics for points, for digits, and for any other images."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from core_gans.data.examples import Examples, as_float
from core_gans.metrics.digits_classifier import load_digits_classifier
from core_gans.metrics.features import Classifier, require_finite
from core_gans.metrics.measures import ImageClasses, ImageFeatures, Measure, PointModes
from core_gans.metrics.pixels import PrincipalPixels

Sampler = Callable[[int], Tensor]


class Judge:
    """Knows the real data's statistics and scores samplers against them, as often as asked.

    What is measured follows from the data:

    - points whose labels say their mode: ``modes_covered``, ``high_quality_share``, ``frechet[points]``
    - the digits, or any images given with a ``classifier``: ``frechet[NAME]``, ``classes_covered``,
      ``confident_share``, ``inception_style[NAME]``, where NAME is the classifier's (``digits-cnn``)
    - other images: ``frechet[pca-pixels]``

    Frechet distances are squared, and biased upwards by the more the fewer samples there are: compare them at one
    ``count`` only, and beside ``of_real``, the score of a perfect sampler.
    """

    @torch.no_grad()
    def __init__(
        self, data: Examples, count: int = 2_000, batch_size: int = 250, classifier: Classifier | None = None
    ) -> None:
        """``count`` samples are drawn for a judgement, ``batch_size`` at a time.

        Raises ``ValueError`` for data without a measure: fewer than two examples, points without labels, clips, text.
        """
        if count < 2 or batch_size < 1:
            raise ValueError(f"expected a count >= 2 and a batch size >= 1, got {count} and {batch_size}")
        self.data = data
        self.count = count
        self.batch_size = batch_size
        self._measure = _measure(data, batch_size, classifier)

    @torch.no_grad()
    def __call__(self, sampler: Sampler) -> dict[str, float]:
        """Score ``sampler``, which answers a number n with n samples of the data's shape (images in [-1, 1]).

        Raises ``ValueError`` when the samples have another shape, or are NaN or infinite.
        """
        described = []
        for start in range(0, self.count, self.batch_size):
            expected = (min(self.batch_size, self.count - start), *self.data.shape)
            samples = sampler(expected[0])
            if tuple(samples.shape) != expected:
                raise ValueError(
                    f"judging against {self.data.name!r} expects samples of shape {expected}, "
                    f"the sampler gave {tuple(samples.shape)}"
                )
            require_finite(samples, "the samples")
            described.append(self._measure.describe(samples.float()))
        return self._measure.score(torch.cat(described))

    def of_real(self, rng: torch.Generator) -> dict[str, float]:
        """The score of a perfect sampler, real examples drawn with replacement: what to compare others with."""
        return self(lambda n: as_float(self.data.images[torch.randint(len(self.data), (n,), generator=rng)]))


def judge(sampler: Sampler, data: Examples, count: int = 2_000) -> dict[str, float]:
    """Score ``sampler`` against ``data`` once; ``Judge`` serves many times."""
    return Judge(data, count)(sampler)


def _measure(data: Examples, batch_size: int, classifier: Classifier | None) -> Measure:
    if len(data) < 2:
        raise ValueError(f"judging needs at least two real examples, {data.name!r} has {len(data)}")
    match data.shape:
        case (_,):
            return PointModes(data)
        case (_, _, _) if classifier is not None:
            return ImageClasses(classifier, data, batch_size)
        case (_, _, _) if data.name == "digits":
            return ImageClasses(load_digits_classifier(), data, batch_size)
        case (_, _, _):
            return ImageFeatures(PrincipalPixels(data.images), data, batch_size)
        case _:
            raise ValueError(
                f"only points (N, D) and images (N, C, H, W) can be judged; the examples of {data.name!r} "
                f"have the shape {data.shape}"
            )
