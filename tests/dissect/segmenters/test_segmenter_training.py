"""Training a U-Net: it learns what can be learnt, tells how well, and refuses what cannot be."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from dissect.segmenters.disturbance import Disturbance
from dissect.segmenters.scoring import confusion
from dissect.segmenters.training import SegmenterReport, train_segmenter
from dissect.segmenters.unet import UNetSegmenter
from tests.dissect.discs import COLOURS, LABELS, classes_of, discs, seeded

STILL = Disturbance(blur=0, noise=0, stains=0, brightness=0, contrast=0, saturation=0, hue=0)


@pytest.fixture(scope="module")
def trained() -> tuple[UNetSegmenter, SegmenterReport]:
    images, masks = discs(120)
    return train_segmenter(
        images, masks, LABELS, steps=80, rng=seeded(), colours=COLOURS, widths=(8, 16), bf16=False, learning_rate=0.02
    )


def test_learns_planted_shapes(trained: tuple[UNetSegmenter, SegmenterReport]) -> None:
    segmenter, report = trained
    assert report.pixel_accuracy > 0.98
    assert report.disturbed_pixel_accuracy > 0.9
    assert (report.held_out, report.trained_on, report.steps) == (12, 108, 80)
    images, masks = discs(30, seed=99)
    answer = classes_of(segmenter, images)
    assert answer.dtype == np.int64
    assert (answer == masks).mean() > 0.97


def test_the_report_agrees_with_the_confusion(trained: tuple[UNetSegmenter, SegmenterReport]) -> None:
    segmenter, report = trained
    images, masks = discs(120)
    counts = confusion(segmenter, images[108:], masks[108:])
    assert counts.sum() == 12 * 16 * 16
    assert counts.shape == (4, 5)
    assert counts[:, 4].sum() == 0  # it is always sure
    assert counts.sum(1).tolist() == np.bincount(masks[108:].ravel(), minlength=4).tolist()
    assert report.pixel_accuracy == pytest.approx(np.trace(counts) / counts.sum())
    assert report.iou["never"] is None  # not in the held-out masks
    overlap = (classes_of(segmenter, images[108:]) == 1) & (masks[108:] == 1)
    either = (classes_of(segmenter, images[108:]) == 1) | (masks[108:] == 1)
    assert report.iou["disc"] == pytest.approx(overlap.sum() / either.sum())
    there = [iou for iou in report.iou.values() if iou is not None]
    assert report.mean_iou == pytest.approx(sum(there) / 3)
    assert report.as_dict()["iou"] == report.iou


def test_the_same_seed_gives_the_same_segmenter_and_leaves_the_global_generator_alone() -> None:
    images, masks = discs(20)
    before = torch.random.get_rng_state()
    first, second, third = (
        train_segmenter(images, masks, LABELS, steps=3, rng=seeded(seed), widths=(4, 8))[0] for seed in (1, 1, 2)
    )
    assert torch.equal(torch.random.get_rng_state(), before)
    for name, value in first.net.state_dict().items():
        assert torch.equal(value, second.net.state_dict()[name])
    assert not torch.equal(first.net.head.weight, third.net.head.weight)


def test_bytes_and_floats_are_the_same_images() -> None:
    images, masks = discs(20)
    floats = images.astype(np.float32) / 127.5 - 1
    a, b = (train_segmenter(x, masks, LABELS, steps=2, rng=seeded(), widths=(4, 8))[0] for x in (images, floats))
    assert torch.allclose(a.net.head.weight, b.net.head.weight, atol=1e-6)


def test_progress_tells_the_part_that_is_done() -> None:
    images, masks = discs(10)
    calls: list[float] = []
    train_segmenter(images, masks, LABELS, steps=4, rng=seeded(), widths=(4, 8), progress=calls.append)
    assert calls == [0.25, 0.5, 0.75, 1.0]


def test_minutes_end_the_training_before_the_steps_do() -> None:
    images, masks = discs(10)
    calls: list[float] = []
    _, report = train_segmenter(
        images, masks, LABELS, steps=10**6, minutes=0.005, rng=seeded(), widths=(4, 8), progress=calls.append
    )
    assert 1 <= report.steps < 10**4
    assert calls == sorted(calls)
    assert calls[-1] == 1.0


def test_pixels_that_nobody_judged_are_not_learnt_and_not_scored() -> None:
    images, masks = discs(60)
    partly = masks.astype(np.int16)
    partly[:, :, :8] = -1
    lies = masks.astype(np.int16)
    lies[:, :, :8] = 3
    options = {"steps": 4, "widths": (4, 8), "bf16": False}
    segmenter, report = train_segmenter(images, partly, LABELS, rng=seeded(), **options)  # type: ignore[arg-type]
    assert report.iou["never"] is None
    counts = confusion(segmenter, images, partly)
    assert counts.sum() == 60 * 16 * 8
    seen = classes_of(segmenter, images)[:, :, 8:]
    assert np.trace(counts) == (seen == masks[:, :, 8:]).sum()
    again, _ = train_segmenter(images, partly, LABELS, rng=seeded(), **options)  # type: ignore[arg-type]
    other, _ = train_segmenter(images, lies, LABELS, rng=seeded(), **options)  # type: ignore[arg-type]
    assert torch.equal(segmenter.net.head.bias, again.net.head.bias)
    assert float(other.net.head.bias[3]) > float(segmenter.net.head.bias[3])  # told of class 3, it leans to it
    with pytest.raises(ValueError, match="learn from judge no pixel"):
        train_segmenter(images, np.full_like(partly, -1), LABELS, rng=seeded(), **options)  # type: ignore[arg-type]
    partly[-6:] = -1
    with pytest.raises(ValueError, match="test on judge no pixel"):
        train_segmenter(images, partly, LABELS, rng=seeded(), **options)  # type: ignore[arg-type]


def test_held_out_is_a_share_or_a_number() -> None:
    images, masks = discs(20)
    for held_out, tested in ((0.25, 5), (7, 7), (0.001, 1)):
        _, report = train_segmenter(images, masks, LABELS, steps=1, rng=seeded(), widths=(4, 8), held_out=held_out)
        assert (report.held_out, report.trained_on) == (tested, 20 - tested)


@pytest.mark.parametrize(("rarity", "wanted"), [(0.0, 0.1), (1.0, 0.5), (0.5, 0.25)])
def test_rarity_weighs_the_classes(rarity: float, wanted: float) -> None:
    """Where images say nothing, the best answer is the share of a class times its weight: 1:9, 1:1, or 1:3."""
    images = np.full((40, 16, 16, 3), 128, np.uint8)
    masks = (np.random.default_rng(0).random((40, 16, 16)) < 0.1).astype(np.uint8)
    options = {"steps": 60, "learning_rate": 0.1, "widths": (4, 8), "bf16": False, "disturbance": STILL}
    segmenter, _ = train_segmenter(images, masks, LABELS[:2], rng=seeded(), rarity=rarity, **options)  # type: ignore
    assert float(segmenter.probabilities(torch.zeros(1, 3, 16, 16))[:, 1].mean()) == pytest.approx(wanted, abs=0.04)


def test_refuses_data_it_cannot_learn_from() -> None:
    images, masks = discs(4)
    floats = images / 127.5 - 1
    poisoned = floats.copy()
    poisoned[2, 3, 3, 1] = math.nan
    cases: list[tuple[np.ndarray, np.ndarray, tuple[str, ...], dict[str, float], str]] = [
        (images[:, :, :, :1], masks, LABELS, {}, "images must be"),
        (images, masks[:, :8], LABELS, {}, "masks must be"),
        (images, masks.astype(float), LABELS, {}, "must hold integers"),
        (images[:1], masks[:1], LABELS, {}, "at least 2 images"),
        (images[:, :4], masks[:, :4], LABELS, {}, "at least 8 x 8"),
        (images.astype(np.int32), masks, LABELS, {}, "uint8 in"),
        (poisoned, masks, LABELS, {}, "NaN"),
        (images.astype(float), masks, LABELS, {}, "float images must be in"),
        (images, masks, LABELS[:2], {}, "masks must hold 0 to 1 for 2 labels, or -1 for none, got 0 to 2"),
        (images, masks.astype(np.int8) - 2, LABELS, {}, "got -2 to 0"),
        (images, masks, ("a", "b", "a"), {}, "'a' is there more than once"),
        (images, masks * 0, LABELS[:1], {}, "at least 2 labels"),
        (images, masks, LABELS, {"steps": 0}, "at least 1"),
        (images, masks, LABELS, {"held_out": 4}, "of 4 images"),
        (images, masks, LABELS, {"held_out": 1.5}, r"got 1\.5"),
        (images, masks, LABELS, {"held_out": 0.0}, "between 0 and 1"),
        (images, masks, LABELS, {"minutes": 0.0}, "more than 0"),
        (images, masks, LABELS, {"rarity": -0.5}, r"got -0\.5"),
    ]
    for bad_images, bad_masks, labels, options, message in cases:
        arguments = {"steps": 1, **options}
        with pytest.raises(ValueError, match=message):
            train_segmenter(bad_images, bad_masks, labels, rng=seeded(), **arguments)  # type: ignore[arg-type]


def test_a_loss_that_is_lost_is_an_error() -> None:
    images, masks = discs(10)
    with pytest.raises(FloatingPointError, match="lower learning rate"):
        train_segmenter(images, masks, LABELS, steps=40, rng=seeded(), widths=(4, 8), learning_rate=1e30)


@pytest.mark.parametrize("has_it", [True, False])
def test_bfloat16_is_taken_where_the_processor_has_it(monkeypatch: pytest.MonkeyPatch, has_it: bool) -> None:
    """A processor without its instructions emulates it, ten times more slowly."""
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: has_it)
    images, masks = discs(20)

    def head(bf16: bool | None) -> torch.Tensor:
        found, _ = train_segmenter(images, masks, LABELS, steps=2, rng=seeded(), widths=(4, 8), bf16=bf16)
        return found.net.head.weight

    assert torch.equal(head(None), head(has_it))
    assert not torch.equal(head(None), head(not has_it))
