"""Judging once, in one call: samples from a sampler, or images that exist already, against real examples."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from core_gans.data import load
from core_gans.data.examples import Examples, as_float
from core_gans.metrics.choosing import classifier_for
from core_gans.metrics.features import Classifier
from core_gans.metrics.judge import Judge, Progress, Sampler, metrics_for


def judge(sampler: Sampler, data: Examples | str, count: int = 2_000) -> dict[str, float]:
    """Score ``sampler`` against ``data`` once with the quick metrics; ``Judge`` serves many times.

    ValueError for a ``count`` below 2, and for samples of another shape than the data's.
    """
    return Judge(data, count)(sampler)


def evaluate(
    source: Sampler | Tensor,
    data: Examples | str,
    metrics: Sequence[str] | str | None = None,
    count: int | None = None,
    batch_size: int = 250,
    classifier: Classifier | str | None = None,
    progress: Progress | None = None,
) -> dict[str, float]:
    """Score ``source`` against ``data`` once, with every metric that suits them unless ``metrics`` says which.

    ``data`` are examples, or the name of a data set or a path.
    ``source`` is a sampler (a number n to n samples), of which ``count`` samples are drawn (default 2,000), or the
    samples themselves, (N, C, H, W) or (N, D): floats, or images as bytes; then the first ``count`` (default: all).
    ``progress`` is called with how many have been seen. Memory is that of ``Judge``, and so is ValueError.
    """
    data = load(data) if isinstance(data, str) else data
    sampler = _in_order(source) if isinstance(source, Tensor) else source
    count = count or (len(source) if isinstance(source, Tensor) else 2_000)
    if isinstance(source, Tensor) and count > len(source):
        raise ValueError(f"expected a count of at most the {len(source):,} samples given, got {count:,}")
    seen_by = classifier_for(data, classifier)
    metrics = metrics_for(data, seen_by) if metrics is None else metrics
    return Judge(data, count, batch_size, classifier if seen_by is None else seen_by, metrics)(sampler, progress)


def _in_order(samples: Tensor) -> Sampler:
    position = 0

    def draw(count: int) -> Tensor:
        nonlocal position
        position += count
        return as_float(samples[position - count : position])

    return draw
