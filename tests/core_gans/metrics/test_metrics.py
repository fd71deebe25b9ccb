"""Metrics against closed forms, planted collapses, and independent implementations."""

from __future__ import annotations

import hashlib
import json
import math
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.inception import InceptionScore

from core_gans.data import points
from core_gans.data.digits import digits
from core_gans.data.examples import Examples, as_float
from core_gans.foundation.errors import LabError
from core_gans.metrics import (
    DigitsClassifier,
    FeatureStatistics,
    Judge,
    PrincipalPixels,
    class_coverage,
    coverage_of,
    frechet_distance,
    inception_style,
    judge,
    load_digits_classifier,
    make_digits_classifier,
    mode_coverage,
    save_digits_classifier,
    train_digits_classifier,
)
from core_gans.metrics.digits_augmentation import augment, blur, no_digits
from core_gans.metrics.digits_classifier import SHIPPED
from core_gans.metrics.digits_training import split
from core_gans.runs import checkpoints
from core_gans.runs.checkpoints import CheckpointError


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def real_digits() -> Examples:
    return digits(32)


@pytest.fixture(scope="module")
def classifier() -> DigitsClassifier:
    return load_digits_classifier()


@pytest.fixture(scope="module")
def digits_judge(real_digits: Examples) -> Judge:
    return Judge(real_digits, count=1_000)


@pytest.fixture(autouse=True)
def global_randomness_untouched() -> Iterator[None]:
    before = torch.get_rng_state()
    yield
    assert torch.equal(torch.get_rng_state(), before)


def resampled(images: Tensor, seed: int = 0):
    """A perfect sampler of ``images``: draws with replacement."""
    rng = seeded(seed)
    return lambda n: images[torch.randint(len(images), (n,), generator=rng)]


# Modes


def test_gaussian_around_every_mode_has_the_known_share_within_three_sigma() -> None:
    data = points.ring(40_000, seeded())
    found = mode_coverage(data.images, points.ring_centres(), 0.0141)
    assert (found.covered, found.modes) == (8, 8)
    # In the plane the squared distance in sigmas is exponential with mean 2.
    assert found.high_quality == pytest.approx(1 - math.exp(-4.5), abs=0.003)
    assert sum(found.counts) == round(found.high_quality * 40_000)


def test_planted_collapse_to_three_modes_is_found() -> None:
    data = points.ring(10_000, seeded())
    assert data.labels is not None
    found = mode_coverage(data.images[data.labels < 3], points.ring_centres(), 0.0141)
    assert found.covered == 3
    assert found.high_quality > 0.98
    assert found.counts[3:] == (0, 0, 0, 0, 0)


def test_points_between_the_modes_cover_nothing() -> None:
    centres = points.grid_centres()
    found = mode_coverage(centres.repeat(100, 1) + 0.3, centres, 0.035)
    assert (found.covered, found.high_quality) == (0, 0.0)


@pytest.mark.parametrize(("count", "near", "covered"), [(10_000, 19, 0), (10_000, 20, 1), (1_000, 1, 0), (1_000, 2, 1)])
def test_threshold_is_twenty_of_ten_thousand_and_scales(count: int, near: int, covered: int) -> None:
    cloud = torch.full((count, 2), 9.0)
    cloud[:near] = 0.0
    found = mode_coverage(cloud, torch.zeros(1, 2), 0.1)
    assert (found.covered, found.counts) == (covered, (near,))


def test_distance_is_exact_for_small_sigmas_far_from_the_origin() -> None:
    centre = torch.tensor([[1_000.0, 0.0]], dtype=torch.float64)
    at_edge = centre + torch.tensor([[2.999e-4, 0.0], [3.001e-4, 0.0]], dtype=torch.float64)
    assert mode_coverage(at_edge, centre, 1e-4).counts == (1,)


def test_mode_coverage_says_what_is_wrong() -> None:
    with pytest.raises(ValueError, match=r"same D.*\(5, 3\)"):
        mode_coverage(torch.zeros(5, 3), torch.zeros(2, 2), 0.1)
    with pytest.raises(ValueError, match="points must be finite, but 1 of 4"):
        mode_coverage(torch.tensor([[0.0, math.nan], [0.0, 0.0]]), torch.zeros(1, 2), 0.1)
    with pytest.raises(ValueError, match="positive sigma"):
        mode_coverage(torch.zeros(5, 2), torch.zeros(2, 2), 0.0)
    with pytest.raises(ValueError, match="at least one point"):
        mode_coverage(torch.zeros(0, 2), torch.zeros(2, 2), 0.1)


# The Frechet distance


def covariance(size: int, rng: torch.Generator) -> Tensor:
    root = torch.randn(size, size, generator=rng, dtype=torch.float64)
    return root @ root.T


def test_shifted_gaussians_are_the_squared_shift_apart() -> None:
    cov, shift = covariance(5, seeded()), torch.tensor([3.0, 0.0, 4.0, 0.0, 0.0])
    assert frechet_distance(torch.zeros(5), cov, shift, cov) == pytest.approx(25.0, rel=1e-12)


def test_scaled_gaussians_have_the_closed_form() -> None:
    cov, mean = covariance(4, seeded()), torch.zeros(4)
    # s X against X: (s - 1)^2 tr C.
    assert frechet_distance(mean, 9 * cov, mean, cov) == pytest.approx(4 * cov.trace().item(), rel=1e-12)


def test_commuting_covariances_differ_by_their_standard_deviations() -> None:
    first, second = torch.tensor([1.0, 4.0, 9.0]), torch.tensor([16.0, 4.0, 1.0])
    expected = (first.sqrt() - second.sqrt()).square().sum().item()
    found = frechet_distance(torch.zeros(3), first.diag(), torch.zeros(3), second.diag())
    assert found == pytest.approx(expected, rel=1e-12)


def test_distance_is_symmetric_and_blind_to_rotation() -> None:
    rng = seeded()
    m1, m2 = torch.randn(2, 6, generator=rng, dtype=torch.float64)
    c1, c2 = covariance(6, rng), covariance(6, rng)
    turn = torch.linalg.qr(torch.randn(6, 6, generator=rng, dtype=torch.float64)).Q
    there = frechet_distance(m1, c1, m2, c2)
    assert there == pytest.approx(frechet_distance(m2, c2, m1, c1), rel=1e-10)
    turned = frechet_distance(turn @ m1, turn @ c1 @ turn.T, turn @ m2, turn @ c2 @ turn.T)
    assert turned == pytest.approx(there, rel=1e-10)


def test_singular_covariances_lose_no_digits() -> None:
    thin = torch.randn(64, 3, generator=seeded(), dtype=torch.float64)
    cov = thin @ thin.T  # rank 3 of 64
    assert frechet_distance(torch.zeros(64), cov, torch.zeros(64), cov) < 1e-9
    # Against a point mass only the trace is left.
    point = torch.zeros(64, 64)
    found = frechet_distance(torch.zeros(64), cov, torch.zeros(64), point)
    assert found == pytest.approx(cov.trace().item(), rel=1e-12)


def test_frechet_refuses_what_is_no_gaussian() -> None:
    zero, one = torch.zeros(2), torch.eye(2)
    with pytest.raises(ValueError, match=r"expected shapes .*got \(2,\), \(3, 3\)"):
        frechet_distance(zero, torch.eye(3), zero, one)
    with pytest.raises(ValueError, match="first covariance must be symmetric"):
        frechet_distance(zero, torch.tensor([[1.0, 0.5], [0.0, 1.0]]), zero, one)
    with pytest.raises(ValueError, match="second covariance must be positive semi-definite"):
        frechet_distance(zero, one, zero, -one)
    with pytest.raises(ValueError, match="first mean must be finite"):
        frechet_distance(torch.tensor([math.nan, 0.0]), one, zero, one)


def test_statistics_of_parts_merge_into_those_of_the_whole() -> None:
    features = torch.randn(1_001, 7, generator=seeded(), dtype=torch.float64) * 3 + 1e4
    first, *others = (FeatureStatistics.of(part) for part in features.split([1, 400, 600]))
    merged = first
    for other in others:
        merged = merged.merge(other)
    assert merged.count == 1_001
    torch.testing.assert_close(merged.mean, features.mean(dim=0), rtol=1e-13, atol=0)
    torch.testing.assert_close(merged.covariance, torch.cov(features.T), rtol=1e-10, atol=1e-12)
    assert merged.distance(FeatureStatistics.of(features)) < 1e-8


def test_statistics_say_what_is_wrong() -> None:
    single = FeatureStatistics.of(torch.zeros(1, 2))
    with pytest.raises(ValueError, match="at least two samples, got 1"):
        _ = single.covariance
    with pytest.raises(ValueError, match="same extractor"):
        single.merge(FeatureStatistics.of(torch.zeros(1, 3)))
    with pytest.raises(ValueError, match=r"\(N, F\)"):
        FeatureStatistics.of(torch.zeros(2, 3, 4))
    with pytest.raises(ValueError, match="features must be finite"):
        FeatureStatistics.of(torch.full((2, 2), math.inf))


class _ForTorchmetrics(nn.Module):
    """The classifier as torchmetrics wants an extractor: features, or with ``scores`` the logits."""

    def __init__(self, classifier: DigitsClassifier, scores: bool) -> None:
        super().__init__()
        self.classifier, self.scores = classifier, scores

    def forward(self, images: Tensor) -> Tensor:
        features = self.classifier(images.float())
        return self.classifier.logits(features) if self.scores else features


def test_frechet_agrees_with_torchmetrics(classifier: DigitsClassifier, real_digits: Examples) -> None:
    real = as_float(real_digits.images[:200])
    fake = augment(real, seeded())
    with torch.random.fork_rng(devices=[]):  # torchmetrics probes the extractor with global draws
        oracle = FrechetInceptionDistance(
            feature=_ForTorchmetrics(classifier, scores=False), input_img_size=(1, 32, 32), normalize=True
        ).set_dtype(torch.float64)
        oracle.update(real, real=True)
        oracle.update(fake, real=False)
    found = FeatureStatistics.of(classifier(real)).distance(FeatureStatistics.of(classifier(fake)))
    assert found == pytest.approx(oracle.compute().item(), rel=1e-4)


@pytest.mark.filterwarnings("ignore:Metric `InceptionScore` will save all extracted features:UserWarning")
@pytest.mark.filterwarnings("ignore:std.*degrees of freedom is <= 0:UserWarning")  # of its deviation over one split
def test_inception_style_agrees_with_torchmetrics(classifier: DigitsClassifier, real_digits: Examples) -> None:
    fake = augment(as_float(real_digits.images[:300]), seeded())
    oracle = InceptionScore(feature=_ForTorchmetrics(classifier, scores=True), splits=1)
    with torch.random.fork_rng(devices=[]):  # torchmetrics shuffles with global draws
        oracle.update(fake)
        expected = oracle.compute()[0].item()
    assert inception_style(classifier.logits(classifier(fake))) == pytest.approx(expected, rel=1e-4)


# Classes


def test_inception_style_runs_from_one_to_the_number_of_classes() -> None:
    assert inception_style(torch.eye(10).repeat(5, 1) * 100) == pytest.approx(10.0)
    assert inception_style(torch.eye(10)[:4].repeat(5, 1) * 100) == pytest.approx(4.0)
    assert inception_style(torch.eye(10)[:1].repeat(50, 1) * 100) == pytest.approx(1.0)
    assert inception_style(torch.zeros(50, 10)) == pytest.approx(1.0)


def test_confidence_and_threshold_decide_what_is_covered() -> None:
    sure, torn = torch.tensor([5.0, 0.0, 0.0]), torch.tensor([0.0, 0.5, 0.0])
    logits = torch.cat([sure.repeat(90, 1), torn.repeat(10, 1)])
    found = coverage_of(logits, confidence=0.8)
    assert (found.covered, found.classes, found.counts) == (1, 3, (90, 0, 0))
    assert found.confident == pytest.approx(0.9)
    assert found.histogram == pytest.approx((0.9, 0.1, 0.0))
    assert coverage_of(logits, confidence=0.0).covered == 2
    assert coverage_of(logits, confidence=0.0, at_least=1_001).covered == 1


def test_four_given_digits_are_four_covered_classes(classifier: DigitsClassifier, real_digits: Examples) -> None:
    assert real_digits.labels is not None
    chosen = torch.isin(real_digits.labels, torch.tensor([1, 4, 7, 8]))
    found = class_coverage(as_float(real_digits.images[chosen]), classifier)
    assert found.covered == 4
    assert [digit for digit, count in enumerate(found.counts) if count > 100] == [1, 4, 7, 8]
    assert found.inception_style == pytest.approx(4.0, abs=0.2)


def test_class_coverage_says_what_is_wrong(classifier: DigitsClassifier) -> None:
    with pytest.raises(ValueError, match="images must be finite"):
        class_coverage(torch.full((2, 1, 32, 32), math.nan), classifier)
    with pytest.raises(ValueError, match=r"\(N, 1 or 3, H, W\), got \(2, 5, 32, 32\)"):
        class_coverage(torch.zeros(2, 5, 32, 32), classifier)
    with pytest.raises(ValueError, match=r"confidence in \[0, 1\]"):
        coverage_of(torch.zeros(2, 3), confidence=80)


# The digits classifier


def test_shipped_classifier_is_as_good_as_its_card_says(classifier: DigitsClassifier, real_digits: Examples) -> None:
    about = json.loads(SHIPPED.with_suffix(".json").read_text(encoding="utf-8"))
    assert real_digits.labels is not None
    learn, held = split(real_digits, seeded(about["seed"]))
    assert not set(learn.tolist()) & set(held.tolist())
    assert (len(learn), len(held)) == (about["trained_on"], about["held_out"])
    with torch.no_grad():
        best = classifier.logits(classifier(as_float(real_digits.images[held]))).argmax(dim=1)
    accuracy = (best == real_digits.labels[held]).double().mean().item()
    assert accuracy == pytest.approx(about["accuracy"], abs=1.5 / len(held))  # another CPU may round one digit over
    assert accuracy >= 0.985
    assert hashlib.sha256(SHIPPED.read_bytes()).hexdigest() == about["sha256"]
    assert SHIPPED.stat().st_size < 300_000


def test_shipped_classifier_is_not_sure_of_what_is_no_digit(
    classifier: DigitsClassifier, real_digits: Examples
) -> None:
    images = as_float(real_digits.images[::4])
    assert class_coverage(images, classifier).confident > 0.98
    assert class_coverage(no_digits(images, seeded()), classifier).confident < 0.02
    assert class_coverage(torch.rand(200, 1, 32, 32, generator=seeded()) * 2 - 1, classifier).confident < 0.02


def test_features_of_real_digits_have_a_mean_variance_of_one(
    classifier: DigitsClassifier, real_digits: Examples
) -> None:
    with torch.no_grad():
        features = classifier(as_float(real_digits.images[::3]))
    assert features.shape == (599, 64)
    assert features.var(dim=0).mean().item() == pytest.approx(1.0, abs=0.05)


def test_normalising_features_leaves_the_logits(real_digits: Examples) -> None:
    images = as_float(real_digits.images[:100])
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        fresh = DigitsClassifier().eval()
        before = fresh.logits(fresh(images))
        fresh.normalise_features(images)
        torch.testing.assert_close(fresh.logits(fresh(images)), before, rtol=1e-4, atol=1e-5)
        assert fresh(images).var(dim=0).mean().item() == pytest.approx(1.0, rel=1e-4)


def test_larger_and_coloured_digits_are_recognised(classifier: DigitsClassifier) -> None:
    large = digits(64)
    assert large.labels is not None
    with torch.no_grad():
        best = classifier.logits(classifier(as_float(large.images[:300]).expand(-1, 3, -1, -1))).argmax(dim=1)
    assert (best == large.labels[:300]).double().mean().item() > 0.97


def test_a_seed_makes_one_classifier_with_its_card_and_replaces_none(tmp_path: Path) -> None:
    out = tmp_path / "new" / "judge.safetensors"
    make_digits_classifier(out, seed=5, steps=3)
    card = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
    assert (card["seed"], card["steps"], card["sha256"]) == (5, 3, hashlib.sha256(out.read_bytes()).hexdigest())
    made, _ = train_digits_classifier(seeded(5), steps=3)
    assert torch.equal(load_digits_classifier(out).head.weight, made.head.weight)
    written = out.read_bytes()
    with pytest.raises(FileExistsError, match="--overwrite"):
        make_digits_classifier(out, seed=6, steps=3)
    assert out.read_bytes() == written
    assert sorted(path.name for path in out.parent.iterdir()) == ["judge.json", "judge.safetensors"]
    with pytest.raises(LabError, match=r"new.json is where what is said about the weights goes"):
        make_digits_classifier(tmp_path / "new.json", seed=5, steps=3)


def test_the_command_explains_itself() -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "core_gans.metrics", "--help"], capture_output=True, text=True, check=True
    )
    assert "--seed" in answer.stdout
    assert "held-out fifth" in answer.stdout


# Sealed files


def test_classifier_survives_save_and_load(classifier: DigitsClassifier, tmp_path: Path) -> None:
    path = tmp_path / "copy.safetensors"
    save_digits_classifier(classifier, path)
    copy = load_digits_classifier(path)
    assert not copy.training
    for name, tensor in classifier.state_dict().items():
        assert torch.equal(copy.state_dict()[name], tensor)
    assert [file.name for file in tmp_path.iterdir()] == ["copy.safetensors"]


def test_a_flipped_bit_is_noticed(tmp_path: Path) -> None:
    damaged = bytearray(SHIPPED.read_bytes())
    damaged[-1_000] ^= 1
    (tmp_path / "damaged.safetensors").write_bytes(damaged)
    with pytest.raises(CheckpointError, match="is corrupt"):
        load_digits_classifier(tmp_path / "damaged.safetensors")


def test_files_that_are_no_classifier_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"absent\.safetensors"):
        load_digits_classifier(tmp_path / "absent.safetensors")
    (tmp_path / "cut.safetensors").write_bytes(SHIPPED.read_bytes()[:5_000])
    with pytest.raises(CheckpointError, match="is corrupt"):
        load_digits_classifier(tmp_path / "cut.safetensors")
    checkpoints.save(tmp_path / "other.safetensors", {"kind": "model", "w": torch.zeros(2)})
    with pytest.raises(CheckpointError, match="holds a model"):
        load_digits_classifier(tmp_path / "other.safetensors")


# Augmentation


def test_augmented_images_keep_range_and_class(classifier: DigitsClassifier, real_digits: Examples) -> None:
    images = as_float(real_digits.images[:400])
    seen = augment(images, seeded())
    assert seen.shape == images.shape
    assert -1 <= seen.min() < seen.max() <= 1
    assert (seen - images).abs().mean() > 0.02
    assert real_digits.labels is not None
    best = classifier.logits(classifier(seen)).argmax(dim=1)
    assert (best == real_digits.labels[:400]).double().mean().item() > 0.95


def test_blur_keeps_the_mean_and_spreads_a_point_as_a_gaussian() -> None:
    point = torch.zeros(1, 2, 31, 31)
    point[:, :, 15, 15] = 1.0
    spread = blur(point, 2.0)
    assert spread.sum(dim=(2, 3)).flatten().tolist() == pytest.approx([1.0, 1.0], abs=1e-5)
    position = torch.arange(31) - 15.0
    assert (spread[0, 0].sum(dim=0) * position**2).sum().item() == pytest.approx(4.0, rel=0.05)
    torch.testing.assert_close(blur(torch.ones(1, 1, 8, 8), 3.0), torch.ones(1, 1, 8, 8))


# Pixel features


def coloured(count: int, seed: int = 0, size: int = 16) -> Tensor:
    """Smooth colour images (count, 3, size, size), uint8."""
    noise = torch.randn(count, 3, size, size, generator=seeded(seed))
    return ((torch.tanh(4 * blur(noise, 2.0)) + 1) * 127.5).to(torch.uint8)


def test_pixel_features_are_white_on_the_data_they_were_fitted_on() -> None:
    images = coloured(600)
    features = PrincipalPixels(images)(as_float(images))
    assert features.shape == (600, 66)
    torch.testing.assert_close(features.mean(dim=0), torch.zeros(66).double(), atol=1e-6, rtol=0)
    torch.testing.assert_close(features.std(dim=0), torch.ones(66).double(), atol=1e-6, rtol=0)
    torch.testing.assert_close(torch.cov(features.T)[:64, :64], torch.eye(64).double(), atol=1e-6, rtol=0)


def test_pixel_features_find_planted_directions() -> None:
    rng = seeded()
    first, second = torch.linalg.qr(torch.randn(64, 2, generator=rng)).Q.T
    weights = torch.randn(500, 2, generator=rng) * torch.tensor([0.5, 0.1])
    images = (weights @ torch.stack([first, second])).view(500, 1, 8, 8)
    features = PrincipalPixels(images)(images)
    assert features.shape == (500, 4)  # two components, the rest, the detail
    for feature, weight in zip(features.T, weights.T.double(), strict=False):
        assert abs(torch.corrcoef(torch.stack([feature, weight]))[0, 1].item()) > 0.98


def test_pixel_features_refuse_data_without_variation() -> None:
    with pytest.raises(ValueError, match="all 5 are alike"):
        PrincipalPixels(torch.zeros(5, 1, 8, 8))
    with pytest.raises(ValueError, match="at least three images, got 2"):
        PrincipalPixels(torch.zeros(2, 1, 8, 8))
    with pytest.raises(ValueError, match="images must be finite"):
        PrincipalPixels(torch.full((5, 1, 8, 8), math.nan))


# The judge


def test_judge_of_digits_prefers_real_to_collapsed_to_noise(digits_judge: Judge, real_digits: Examples) -> None:
    assert real_digits.labels is not None
    images = as_float(real_digits.images)
    real = digits_judge.of_real(seeded())
    assert set(real) == {
        "frechet[digits-cnn]",
        "classes_covered",
        "confident_share",
        "inception_style[digits-cnn]",
    }
    assert real["frechet[digits-cnn]"] < 0.3
    assert real["classes_covered"] == 10
    assert real["confident_share"] > 0.98
    collapsed = digits_judge(resampled(images[real_digits.labels < 4]))
    assert collapsed["classes_covered"] == 4
    assert 10 < collapsed["frechet[digits-cnn]"] < 64
    repeated = digits_judge(lambda n: images[:1].expand(n, -1, -1, -1))
    assert repeated["classes_covered"] == 1
    assert repeated["frechet[digits-cnn]"] > 64
    rng = seeded()
    noise = digits_judge(lambda n: torch.rand(n, 1, 32, 32, generator=rng) * 2 - 1)
    assert noise["frechet[digits-cnn]"] > repeated["frechet[digits-cnn]"]
    assert (noise["classes_covered"], noise["confident_share"]) == (0, 0)


@pytest.mark.parametrize("name", ["digits", "drawings"])
def test_distance_grows_with_blur_and_with_noise(name: str, real_digits: Examples) -> None:
    judged = Judge(Examples(name, real_digits.images), count=600, batch_size=200)
    images = as_float(real_digits.images)

    def distance(change) -> float:
        draw = resampled(images)
        values = [value for key, value in judged(lambda n: change(draw(n))).items() if key.startswith("frechet")]
        return values[0]

    def dusty(level: float) -> float:
        rng = seeded(1)
        return distance(lambda x: (x + level * torch.randn(x.shape, generator=rng)).clamp(-1, 1))

    untouched = distance(lambda x: x)
    blurred = [distance(lambda x, sigma=sigma: blur(x, sigma)) for sigma in (0.7, 1.2, 2.0, 3.0)]
    noisy = [dusty(level) for level in (0.2, 0.4, 0.8)]
    assert untouched < blurred[0] < blurred[1] < blurred[2] < blurred[3]
    assert untouched < noisy[0] < noisy[1] < noisy[2]


def test_judge_of_points_learns_the_modes_from_the_labels() -> None:
    data = points.grid(50_000, seeded(), side=4, spacing=1.5, sigma=0.05)
    judged = Judge(data, count=4_000)
    real = judged.of_real(seeded(1))
    assert set(real) == {"modes_covered", "high_quality_share", "frechet[points]"}
    assert real["modes_covered"] == 16
    assert real["high_quality_share"] == pytest.approx(1 - math.exp(-4.5), abs=0.01)
    assert real["frechet[points]"] < 0.02


def test_planted_collapse_of_the_ring_is_judged() -> None:
    data = points.ring(20_000, seeded())
    assert data.labels is not None
    found = judge(resampled(data.images[data.labels < 3]), data)
    assert found["modes_covered"] == 3
    assert found["high_quality_share"] > 0.97
    assert found["frechet[points]"] > 1.0


def test_any_images_have_a_number() -> None:
    data = Examples("paintings", coloured(800))
    judged, seeds = Judge(data, count=500), count(9)
    real = judged(lambda n: as_float(coloured(n, seed=next(seeds))))  # fresh images of the same distribution
    grey = judged(lambda n: as_float(coloured(n, seed=next(seeds))).mean(dim=1, keepdim=True).expand(-1, 3, -1, -1))
    assert set(real) == {"frechet[pca-pixels]"}
    assert 5 * real["frechet[pca-pixels]"] < grey["frechet[pca-pixels]"]


def test_large_images_are_judged_too() -> None:
    data = Examples("posters", coloured(60, size=64))
    judged = Judge(data, count=100)
    assert (
        judged.of_real(seeded())["frechet[pca-pixels]"]
        < judged(lambda n: torch.zeros(n, 3, 64, 64))["frechet[pca-pixels]"]
    )


def test_a_classifier_of_ones_own_judges_its_images(classifier: DigitsClassifier, real_digits: Examples) -> None:
    mine = Examples("my digits", real_digits.images)
    assert "frechet[pca-pixels]" in Judge(mine, count=50).of_real(seeded())
    found = Judge(mine, count=500, classifier=classifier).of_real(seeded())
    assert found["classes_covered"] == 10
    assert "frechet[digits-cnn]" in found


def test_judgement_is_repeatable_and_blind_to_the_batch_size(real_digits: Examples) -> None:
    images = as_float(real_digits.images)

    class InOrder:
        def __init__(self) -> None:
            self.given: list[int] = []

        def __call__(self, n: int) -> Tensor:
            start = sum(self.given)
            self.given.append(n)
            return images[start : start + n]

    small, large = InOrder(), InOrder()
    first = Judge(real_digits, count=300, batch_size=70)(small)
    second = Judge(real_digits, count=300, batch_size=300)(large)
    assert (small.given, large.given) == ([70, 70, 70, 70, 20], [300])
    assert first == pytest.approx(second, rel=1e-4)


def test_judging_leaves_no_graph(digits_judge: Judge) -> None:
    scale = torch.ones(1, requires_grad=True)
    gradients_on = []

    def sampler(n: int) -> Tensor:
        images = scale * torch.zeros(n, 1, 32, 32)
        gradients_on.append(images.requires_grad)
        return images

    digits_judge(sampler)
    assert gradients_on
    assert not any(gradients_on)


def test_half_precision_samples_are_judged(digits_judge: Judge, real_digits: Examples) -> None:
    images = as_float(real_digits.images)
    whole, half = digits_judge(resampled(images)), digits_judge(resampled(images.bfloat16()))
    assert half["classes_covered"] == 10
    assert half["frechet[digits-cnn]"] == pytest.approx(whole["frechet[digits-cnn]"], abs=0.05)


def test_judge_says_what_is_wrong(digits_judge: Judge) -> None:
    with pytest.raises(ValueError, match=r"expects samples of shape \(250, 1, 32, 32\), the sampler gave \(250, 1, 28"):
        digits_judge(lambda n: torch.zeros(n, 1, 28, 28))
    with pytest.raises(ValueError, match=r"samples must be finite.*earlier checkpoint"):
        digits_judge(lambda n: torch.full((n, 1, 32, 32), math.nan))
    with pytest.raises(ValueError, match=r"the same 250 samples twice.*seed its generator of chance once"):
        digits_judge(lambda n: torch.rand(n, 1, 32, 32, generator=torch.Generator().manual_seed(0)))
    with pytest.raises(ValueError, match="'blobs' needs labels"):
        Judge(Examples("blobs", torch.zeros(10, 2)))
    with pytest.raises(ValueError, match=r"'clips' have the shape \(2, 4, 8, 8\)"):  # neither grey nor in colours
        Judge(Examples("clips", torch.zeros(10, 2, 4, 8, 8)))
    with pytest.raises(ValueError, match=r"'words' have the shape \(5,\)"):
        Judge(Examples("words", torch.zeros(10, 5, dtype=torch.int64)))
    with pytest.raises(ValueError, match="at least two real examples"):
        Judge(Examples("lonely", torch.zeros(1, 1, 8, 8)))
    with pytest.raises(ValueError, match="count >= 2"):
        Judge(points.ring(10, seeded()), count=1)


def test_a_point_near_two_modes_counts_for_the_nearer_alone() -> None:
    found = mode_coverage(torch.tensor([[0.4, 0.0], [0.4, 0.1]]), torch.tensor([[0.0, 0.0], [1.0, 0.0]]), sigma=0.3)
    assert (found.counts, found.covered, found.high_quality) == ((2, 0), 1, 1.0)
