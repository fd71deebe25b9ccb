"""Judges of frames and films: exact on frames that are known, and right of the ways in which digits move."""

from __future__ import annotations

import math

import pytest
import torch
from torchmetrics.functional.image import structural_similarity_index_measure

from core_gans.data import as_float, load
from core_gans.metrics import Judge
from core_gans.metrics.motion_classifier import load_motion_classifier
from core_gans.metrics.motion_training import accuracy, disturbed
from core_gans.metrics.prediction import moving_pixels, predicted_well, ssim, tried
from core_gans.metrics.stillness import StillTally
from tests.tiny import chance


def shifted(steps: int) -> torch.Tensor:
    """A bright square on black that moves to the right by two pixels a frame, (1, 1, steps, 24, 24)."""
    clip = -torch.ones(1, 1, steps, 24, 24)
    for step in range(steps):
        clip[0, 0, step, 8:14, 4 + 2 * step : 10 + 2 * step] = 1.0
    return clip


def test_psnr_is_that_of_the_definition_and_only_moving_pixels_count_there() -> None:
    clip = shifted(4)
    given, true = clip[:, :, :3], clip[:, :, 3]
    perfect = predicted_well(true, true, given)
    assert perfect["psnr"] == pytest.approx(100)
    assert perfect["ssim"] == pytest.approx(1)
    assert perfect["edges"] == pytest.approx(1)
    copied = predicted_well(tried(given)["copy"], true, given)
    wrong = 2 * 6 * 2  # pixels that the square leaves, and those that it comes to
    assert copied["psnr"] == pytest.approx(-10 * math.log10(wrong / 24**2))
    assert copied["psnr_moving"] == pytest.approx(-10 * math.log10(wrong / moving_pixels(given, true).sum().item()))
    assert moving_pixels(given, true)[0, 0].sum() == 0
    elsewhere = true.clone()
    elsewhere[0, 0, 20:, :] += 0.5  # an error where nothing moves
    assert predicted_well(elsewhere, true, given)["psnr_moving"] == pytest.approx(100)


def test_extrapolation_is_right_of_what_changes_in_a_line_and_blur_is_less_sharp() -> None:
    brighter = torch.linspace(-0.8, 0.4, 4).view(1, 1, 4, 1, 1).expand(1, 1, 4, 24, 24)
    torch.testing.assert_close(tried(brighter[:, :, :3])["linear"], brighter[:, :, 3])
    clip = shifted(4)
    given, true = clip[:, :, :3], clip[:, :, 3]
    blurred = torch.nn.functional.avg_pool2d(true, 5, stride=1, padding=2, count_include_pad=False)
    sharp, soft = predicted_well(true * 0.98, true, given), predicted_well(blurred, true, given)
    assert soft["sharpness"] < sharp["sharpness"]
    assert soft["edges"] < sharp["edges"]
    still = predicted_well(true, true, true.unsqueeze(2).expand(-1, -1, 3, -1, -1))
    assert math.isnan(still["psnr_moving"])


def test_ssim_is_torchmetrics_inside() -> None:
    ours, theirs = (torch.rand(2, 3, 24, 24, generator=chance(seed)) for seed in (0, 1))
    theirs = (ours + theirs) / 2
    _, expected = structural_similarity_index_measure(ours, theirs, data_range=1.0, return_full_image=True)
    torch.testing.assert_close(ssim(ours, theirs)[..., 5:-5, 5:-5], expected[..., 5:-5, 5:-5], rtol=0, atol=1e-4)


def test_stillness_is_counted_and_merges() -> None:
    clip = torch.zeros(2, 3, 5, 4, 4)
    clip[1, :, 2:, 0, 0] = 1.0  # one change of one pixel
    tally = StillTally.of(clip)
    assert tally.share() == 1 - 1 / (2 * 4 * 16)
    assert StillTally.of(clip[:1]).merge(StillTally.of(clip[1:])) == tally
    assert StillTally.of(clip[:, :, :1]).share() == 1.0


class TestMotion:
    def test_the_shipped_classifier_tells_the_way_of_held_out_digits_even_disturbed(self) -> None:
        held = load("moving_digits", count=300, seed=12345)
        assert held.labels is not None
        clips = as_float(held.images)
        classifier = load_motion_classifier()
        assert accuracy(classifier, clips, held.labels) >= 0.95
        assert accuracy(classifier, disturbed(clips, chance()), held.labels) >= 0.9
        assert classifier(clips).var(dim=0).mean().item() == pytest.approx(1, abs=0.3)

    def test_a_film_backwards_goes_the_other_way_and_a_turned_one_turns(self) -> None:
        held = load("moving_digits", count=80, seed=9)
        assert held.labels is not None
        classifier, clips = load_motion_classifier(), as_float(held.images)
        opposite = torch.tensor([1, 0, 3, 2])[held.labels]
        assert accuracy(classifier, clips.flip(2), opposite) >= 0.95
        turned = torch.tensor([2, 3, 0, 1])[held.labels]  # left becomes up, right down
        assert accuracy(classifier, clips.transpose(3, 4), turned) >= 0.95

    def test_the_judge_knows_clips(self) -> None:
        data = load("moving_digits", count=120)
        judge = Judge(data, count=60)
        real = judge.of_real(0)
        assert set(real) == {
            "frechet[motion-cnn]",
            "still_pixels",
            "classes_covered",
            "confident_share",
            "inception_style[motion-cnn]",
        }
        still = judge(lambda count: as_float(data.images[:count])[:, :, :1].expand(-1, -1, 8, -1, -1))
        assert still["still_pixels"] == 1.0
        assert still["frechet[motion-cnn]"] > 3 * real["frechet[motion-cnn]"]
