"""One interface to every measure: a sampler in, named numbers out, in memory that does not grow with the samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import prod
from typing import Any

import torch
from torch import Tensor

from core_gans.data import load
from core_gans.data.examples import Examples, as_float
from core_gans.foundation.finite import require_finite
from core_gans.foundation.memory import require_memory
from core_gans.foundation.seeds import as_generator
from core_gans.metrics.choosing import classifier_for, extractor_for, features_of
from core_gans.metrics.features import Classifier
from core_gans.metrics.measure import Seen
from core_gans.metrics.measures import MEASURES, measure_of, metric_names, unknown_metric

Sampler = Callable[[int], Tensor]
Progress = Callable[[int], None]

METRICS = metric_names()
FLOAT = 4  # bytes
FEWEST_ALIKE = 32  # samples that are the same ones again by no chance


class Judge:
    """Knows the real data's statistics and scores samplers against them, as often as asked.

    What can be measured follows from the data:

    - ``modes_covered``, ``high_quality_share``: points whose labels say their mode
    - ``classes_covered``, ``confident_share``, ``inception_style[NAME]``: the digits, or images with a ``classifier``
    - ``still_pixels``: clips
    - ``frechet[NAME]``, ``kernel[NAME]``, ``precision[NAME]``, ``recall[NAME]``, ``density[NAME]``,
      ``coverage[NAME]``: all of these, and any other images and clips

    where NAME says through which features they were seen: ``points``, the classifier's name (``motion-cnn`` of clips),
    or ``pca-pixels``.

    Samples are summed up batch by batch and forgotten; only precision, recall, density and coverage keep features.
    Most numbers depend on how many samples there are (docs/metrics.md says which and how): compare at one ``count``
    only, and beside ``of_real``, the score of a perfect sampler.
    """

    @torch.no_grad()
    def __init__(
        self,
        data: Examples | str,
        count: int = 2_000,
        batch_size: int = 250,
        classifier: Classifier | str | None = None,
        metrics: Sequence[str] | str | None = None,
        progress: Progress | None = None,
    ) -> None:
        """``count`` samples are drawn for a judgement, ``batch_size`` at a time.

        ``data`` are examples, or the name of a data set or a path, as ``data.load`` takes it.

        ``classifier`` is one, or the name of features (``digits-cnn``, ``cifar-resnet20``, ``pca-pixels``).
        ``metrics`` are names of ``METRICS``; by default the quick ones that suit the data. ``progress`` is told how
        many real examples have been looked at.

        Raises ``ValueError`` for data without a measure (fewer than two examples, points without labels,
        text), for metrics that do not exist or do not suit the data, and for batches that memory does not hold.
        """
        if count < 2 or batch_size < 1:
            raise ValueError(f"expected a count >= 2 and a batch size >= 1, got {count} and {batch_size}")
        data = load(data) if isinstance(data, str) else data
        if len(data) < 2:
            raise ValueError(f"judging needs at least two real examples, {data.name!r} has {len(data)}")
        held = min(batch_size, max(count, len(data)))
        require_memory(2 * held * prod(data.shape) * FLOAT, f"{held:,} samples held at a time", "--batch")
        self.data = data
        self.count = count
        self.batch_size = batch_size
        seen_by = classifier_for(data, classifier)
        self._extractor = extractor_for(data, seen_by)
        self.metrics = _chosen(metrics, data, metrics_for(data, seen_by))
        seen = Seen(data, self._extractor.name, seen_by, count)
        asked = [measure for measure in MEASURES if set(measure.metrics) & set(self.metrics)]
        self._measures = [measure.make(seen) for measure in asked]
        self._of_samples = [measure.of_samples for measure in asked]
        self._real = self._summarise(self._real_batches(), progress)

    def __call__(self, sampler: Sampler, progress: Progress | None = None) -> dict[str, float]:
        """Score ``sampler``, which answers a number n with n samples of the data's shape (images in [-1, 1]).

        ``progress`` is called with how many samples have been drawn. Raises ``ValueError`` when the samples have
        another shape, are NaN or infinite, or are the same ones again.
        """
        return self.score(self.summarise(sampler, progress))

    @torch.no_grad()
    def summarise(self, sampler: Sampler, progress: Progress | None = None) -> tuple[Any, ...]:
        """All that is kept of ``count`` samples: one summary a measure. ValueError for samples of another shape."""
        return self._summarise(self._drawn(sampler), progress)

    @torch.no_grad()
    def score(self, summaries: tuple[Any, ...]) -> dict[str, float]:
        """The named numbers of what ``summarise`` gave, of the metrics asked for."""
        found: dict[str, float] = {}
        for measure, real, generated in zip(self._measures, self._real, summaries, strict=True):
            found |= measure.score(real, generated)
        return {name: value for name, value in found.items() if name.split("[")[0] in self.metrics}

    def of_real(self, rng: torch.Generator | int, progress: Progress | None = None) -> dict[str, float]:
        """The score of a perfect sampler: what to compare others with. ``rng`` may be a seed; LabError for others."""
        return self(self.real_sampler(rng), progress)

    def real_sampler(self, rng: torch.Generator | int) -> Sampler:
        """Real examples drawn with replacement. LabError for an ``rng`` that is neither a generator nor a seed."""
        chance = as_generator(rng)
        return lambda n: as_float(self.data.images[torch.randint(len(self.data), (n,), generator=chance)])

    def _summarise(self, batches: Iterator[Tensor], progress: Progress | None) -> tuple[Any, ...]:
        whole: tuple[Any, ...] = ()
        done = 0
        for batch in batches:
            features = features_of(self._extractor, batch)
            parts = tuple(
                measure.summarise(batch if of_samples else features)
                for measure, of_samples in zip(self._measures, self._of_samples, strict=True)
            )
            whole = tuple(one.merge(other) for one, other in zip(whole, parts, strict=True)) if whole else parts
            done += len(batch)
            if progress is not None:
                progress(done)
        return whole

    def _real_batches(self) -> Iterator[Tensor]:
        # Shuffled, since some measures keep the first examples only and files are often sorted by class.
        order = torch.randperm(len(self.data), generator=torch.Generator().manual_seed(0))
        return (as_float(self.data.at(chosen)) for chosen in order.split(self.batch_size))

    def _drawn(self, sampler: Sampler) -> Iterator[Tensor]:
        first: Tensor | None = None
        for start in range(0, self.count, self.batch_size):
            expected = (min(self.batch_size, self.count - start), *self.data.shape)
            samples = sampler(expected[0])
            if tuple(samples.shape) != expected:
                raise ValueError(
                    f"judging against {self.data.name!r} expects samples of shape {expected}, "
                    f"the sampler gave {tuple(samples.shape)}"
                )
            require_finite(samples, "the samples")
            # A few samples may be alike by chance, and all of a collapsed generator are.
            many = len(samples) >= FEWEST_ALIKE and bool((samples != samples[:1]).any())
            if first is not None and many and torch.equal(samples, first):
                raise ValueError(
                    f"the sampler gave the same {len(samples)} samples twice, so they would be counted several times: "
                    "seed its generator of chance once, not at each call"
                )
            first = samples if first is None else first
            yield samples


def metrics_for(data: Examples, classifier: Classifier | None) -> tuple[str, ...]:
    """The names of all metrics that suit ``data``, seen through ``classifier`` if there is one."""
    return tuple(metric for measure in MEASURES if measure.suits(data, classifier) for metric in measure.metrics)


def _chosen(asked: Sequence[str] | str | None, data: Examples, suitable: tuple[str, ...]) -> tuple[str, ...]:
    if isinstance(asked, str):
        asked = (asked,)
    if asked is None:
        quick = {metric for measure in MEASURES if measure.quick for metric in measure.metrics}
        return tuple(metric for metric in suitable if metric in quick)
    for metric in asked:
        measure = measure_of(metric)
        if measure is None or metric not in measure.metrics:
            raise unknown_metric(metric)
        if metric not in suitable:
            raise ValueError(
                f"{metric} needs {measure.needs}, so it does not suit {data.name!r}: choose from {', '.join(suitable)}."
            )
    if not asked:
        raise ValueError(f"expected at least one metric: choose from {', '.join(suitable)}.")
    return tuple(asked)
