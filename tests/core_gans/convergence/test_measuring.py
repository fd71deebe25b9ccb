"""The judge as one front: what can be asked for, planted answers by name, and how much is kept."""

from __future__ import annotations

import dataclasses
import weakref
from typing import Any

import pytest
import torch
from torch import Tensor

from core_gans.data import points
from core_gans.data.digits import digits
from core_gans.data.examples import Examples, as_float
from core_gans.metrics import (
    METRICS,
    FeatureStatistics,
    Judge,
    compare_neighbours,
    coverage_of,
    evaluate,
    kernel_distance,
    load_digits_classifier,
    metrics_for,
)
from tests.tiny import pictures

PAIRWISE = ("precision", "recall", "density", "coverage")
BOUNDED = tuple(metric for metric in METRICS if metric not in PAIRWISE)


@pytest.fixture(scope="module")
def real_digits() -> Examples:
    whole = digits(32)
    assert whole.labels is not None
    return Examples("digits", whole.images[:900], whole.labels[:900], whole.classes)


def retained_bytes(value: Any) -> int:
    """Bytes of all tensors in nested dataclasses and tuples."""
    if isinstance(value, Tensor):
        return value.untyped_storage().nbytes()
    if dataclasses.is_dataclass(value):
        return sum(retained_bytes(getattr(value, field.name)) for field in dataclasses.fields(value))
    return sum(map(retained_bytes, value)) if isinstance(value, tuple) else 0


def noise(shape: tuple[int, ...], given: list[weakref.ref[Tensor]] | None = None):
    rng = torch.Generator().manual_seed(0)

    def draw(count: int) -> Tensor:
        samples = torch.rand(count, *shape, generator=rng) * 2 - 1
        if given is not None:
            given.append(weakref.ref(samples))
        return samples

    return draw


@pytest.mark.parametrize("name", ["ring", "digits"])
def test_what_is_kept_does_not_grow_with_the_samples(name: str, real_digits: Examples) -> None:
    data = real_digits if name == "digits" else points.ring(2_000, torch.Generator().manual_seed(0))
    classifier = load_digits_classifier() if name == "digits" else None
    metrics = [metric for metric in metrics_for(data, classifier) if metric in BOUNDED]
    assert {"frechet", "kernel"} < set(metrics)
    few, many = (Judge(data, count, 250, metrics=metrics) for count in (500, 5_000))  # samples
    kept = [retained_bytes(judge.summarise(noise(data.shape))) for judge in (few, many)]
    assert kept[0] == kept[1] > 0


def test_neighbours_keep_the_features_and_nothing_else(real_digits: Examples) -> None:
    for count in (300, 600):
        kept = Judge(real_digits, count, 100, metrics=PAIRWISE).summarise(noise((1, 32, 32)))
        assert retained_bytes(kept) == count * 64 * 4


def test_samples_are_forgotten() -> None:
    data = points.ring(500, torch.Generator().manual_seed(0))
    given: list[weakref.ref[Tensor]] = []
    kept = Judge(data, 400, 100, metrics=metrics_for(data, None)).summarise(noise((2,), given))
    assert len(kept) == 4
    assert [samples() for samples in given] == [None] * 4


def test_numbers_are_those_of_all_samples_at_once(real_digits: Examples) -> None:
    """Batch by batch, or the features of everything in one go."""
    images, count = as_float(real_digits.images), 700
    generated = images.flip(0)[:count] * 0.7
    classifier = load_digits_classifier()
    found = evaluate(generated, real_digits, batch_size=64)
    with torch.no_grad():
        real, seen = classifier(images), classifier(generated)
    coverage = coverage_of(classifier.logits(seen))
    neighbours = compare_neighbours(
        real[torch.randperm(len(real), generator=torch.Generator().manual_seed(0))[:count]], seen
    )
    expected = {
        "frechet[digits-cnn]": FeatureStatistics.of(real).distance(FeatureStatistics.of(seen)),
        "kernel[digits-cnn]": kernel_distance(real, seen),
        "classes_covered": coverage.covered,
        "confident_share": coverage.confident,
        "inception_style[digits-cnn]": coverage.inception_style,
        **{f"{name}[digits-cnn]": value for name, value in dataclasses.asdict(neighbours).items()},
    }
    assert found.keys() == expected.keys()
    assert found == pytest.approx(expected, rel=1e-3, abs=2e-3)


def test_planted_generators_of_digits_are_told_apart(real_digits: Examples) -> None:
    assert real_digits.labels is not None
    images = as_float(real_digits.images)
    rng = torch.Generator().manual_seed(0)
    judge = Judge(real_digits, 600, metrics=metrics_for(real_digits, load_digits_classifier()))

    def judged(chosen: Tensor) -> dict[str, float]:
        found = judge(lambda n: chosen[torch.randint(len(chosen), (n,), generator=rng)])
        return {name.split("[")[0]: value for name, value in found.items()}

    perfect, half = judged(images), judged(images[real_digits.labels < 5])
    repeated, far = judged(images[:1]), judged(torch.rand(50, 1, 32, 32, generator=rng) * 2 - 1)
    assert abs(perfect["kernel"]) < 0.2 < half["kernel"] < repeated["kernel"]
    assert min(perfect[name] for name in PAIRWISE) > 0.9
    assert (half["classes_covered"], perfect["classes_covered"]) == (5, 10)
    assert half["coverage"] == pytest.approx(0.5, abs=0.06)
    assert half["precision"] > 0.95
    assert (repeated["precision"], repeated["recall"], repeated["classes_covered"]) == (1, 0, 1)
    assert (far["precision"], far["recall"], far["coverage"]) == (0, 0, 0)
    assert perfect["inception_style"] > 9.5
    assert half["inception_style"] == pytest.approx(5, abs=0.2)
    assert repeated["inception_style"] == pytest.approx(1)


def test_the_real_images_themselves_are_at_no_distance(real_digits: Examples) -> None:
    found = evaluate(real_digits.images, real_digits, ("frechet", "kernel", *PAIRWISE))
    assert found["frechet[digits-cnn]"] < 1e-6
    assert abs(found["kernel[digits-cnn]"]) < 0.1
    # float32 features of one image differ in the last digits between batches, so a rim may be crossed.
    assert [found[f"{name}[digits-cnn]"] for name in PAIRWISE] == pytest.approx([1, 1, 1, 1], abs=0.01)


def test_every_metric_has_its_features_in_its_name() -> None:
    ring = points.ring(400, torch.Generator().manual_seed(0))
    assert list(evaluate(ring.images, ring)) == [
        "modes_covered",
        "high_quality_share",
        "frechet[points]",
        "kernel[points]",
        *(f"{name}[points]" for name in PAIRWISE),
    ]
    drawn = pictures(60)
    assert set(evaluate(drawn.images, drawn)) == {f"{name}[pca-pixels]" for name in ("frechet", "kernel", *PAIRWISE)}


def test_what_is_asked_for_is_what_comes(real_digits: Examples) -> None:
    images = real_digits.images[:100]
    assert list(evaluate(images, real_digits, ("recall",))) == ["recall[digits-cnn]"]
    assert list(evaluate(images, real_digits, ("kernel",), classifier="pca-pixels")) == ["kernel[pca-pixels]"]
    named = evaluate(images, Examples("mine", real_digits.images), ("inception_style",), classifier="digits-cnn")
    assert list(named) == ["inception_style[digits-cnn]"]


def test_progress_is_told_after_every_batch(real_digits: Examples) -> None:
    told: list[int] = []
    evaluate(real_digits.images[:250], real_digits, ("frechet",), batch_size=100, progress=told.append)
    assert told == [100, 200, 250]
    looked: list[int] = []
    Judge(real_digits, batch_size=500, progress=looked.append)
    assert looked == [500, 900]


def test_it_says_what_is_wrong(real_digits: Examples) -> None:
    ring, drawn = points.ring(50, torch.Generator().manual_seed(0)), pictures(60)
    with pytest.raises(ValueError, match="no metric is called 'precison': did you mean precision"):
        Judge(real_digits, metrics=("precison",))
    with pytest.raises(ValueError, match="classes_covered needs images and a classifier, so it does not suit 'noise'"):
        Judge(drawn, metrics=("classes_covered",))
    with pytest.raises(ValueError, match="modes_covered needs points with labels"):
        Judge(drawn, metrics=("frechet", "modes_covered"))
    with pytest.raises(ValueError, match="inception_style needs images and a classifier"):
        Judge(ring, metrics=("inception_style",))
    with pytest.raises(ValueError, match="at least one metric"):
        Judge(ring, metrics=())
    with pytest.raises(ValueError, match="no set of features is called 'inception'"):
        Judge(drawn, classifier="inception")
    with pytest.raises(ValueError, match=r"at most 20,000 generated samples, got 30,000.*leave them out"):
        Judge(ring, 30_000, metrics=("frechet", "recall"))
    with pytest.raises(ValueError, match="at most the 60 samples given, got 61"):
        evaluate(drawn.images, drawn, count=61)
    with pytest.raises(ValueError, match="more than 5 samples and as many real examples, got 4 and 60"):
        evaluate(drawn.images[:4], drawn)
