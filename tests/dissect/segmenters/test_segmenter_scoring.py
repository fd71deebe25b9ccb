"""Scores against masks, in closed form, and the picture of what a segmenter sees."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from dissect.segmenters import RuleSegmenter
from dissect.segmenters.colours import spread_colours
from dissect.segmenters.scoring import class_iou, confusion, mean_iou, pixel_accuracy
from dissect.segmenters.showing import comparison

LABELS = ("black", "red", "green")
COLOURS = ((0, 0, 0), (255, 0, 0), (0, 255, 0))


def drawn(masks: np.ndarray) -> np.ndarray:
    return np.array(COLOURS, np.uint8)[masks]


def by_colour(images: Tensor) -> Tensor:
    """The class whose colour each pixel has, or -1."""
    palette = torch.tensor(COLOURS).view(1, 3, 3, 1, 1) / 127.5 - 1  # (1, classes, RGB, 1, 1)
    found = (images[:, None] - palette).abs().sum(2) < 1e-3
    return torch.where(found.any(1), found.int().argmax(1), -1)


def random_masks(count: int = 70, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 3, (count, 6, 5))


def test_a_perfect_segmenter_scores_one() -> None:
    masks = random_masks()
    counts = confusion(RuleSegmenter(by_colour, LABELS), drawn(masks), masks)
    assert counts.tolist() == [[n if i == k else 0 for k in range(4)] for i, n in enumerate(np.bincount(masks.ravel()))]
    assert pixel_accuracy(counts) == 1.0
    assert class_iou(counts) == [1.0, 1.0, 1.0]
    assert mean_iou(counts) == 1.0


def test_scores_in_closed_form() -> None:
    counts = np.array([[6, 2, 0, 1], [1, 3, 0, 0], [0, 0, 0, 0]])
    assert pixel_accuracy(counts) == 9 / 13
    black, red, green = class_iou(counts)
    assert black == 6 / (6 + 2 + 1 + 1)  # a pixel given to no label is missed, and is no other class's false alarm
    assert red == 3 / (3 + 1 + 2)
    assert math.isnan(green)
    assert mean_iou(counts) == pytest.approx((0.6 + 0.5) / 2)
    nothing = np.zeros((3, 4), np.int64)
    assert math.isnan(pixel_accuracy(nothing))
    assert math.isnan(mean_iou(nothing))


def test_confusion_counts_each_judged_pixel_once() -> None:
    """Against counting pair by pair, over more than one batch, with pixels of no class on both sides."""
    truth, seen = random_masks(seed=1), random_masks(seed=2)
    truth[:, 0] = -1
    pictures = drawn(seen)
    pictures[:, :, 0] = (0, 0, 255)
    strict = RuleSegmenter(by_colour, LABELS)
    seen[:, :, 0] = 3
    wanted = [[int(((truth == i) & (seen == k)).sum()) for k in range(4)] for i in range(3)]
    assert confusion(strict, pictures, truth).tolist() == wanted


def test_images_can_be_changed_before_they_are_shown() -> None:
    masks = random_masks(3)

    def swapped(images: Tensor) -> Tensor:
        return images[:, [1, 0, 2]]

    counts = confusion(RuleSegmenter(by_colour, LABELS), drawn(masks), masks, change=swapped)
    assert counts[1, 1] == counts[2, 2] == 0
    assert counts[0, 0] == (masks == 0).sum()


def test_a_segmenter_that_goes_beyond_its_labels_is_named() -> None:
    wild = RuleSegmenter(lambda images: torch.full((len(images), 6, 5), 3), LABELS)
    with pytest.raises(ValueError, match="run from 3 to 3"):
        confusion(wild, drawn(random_masks(2)), random_masks(2))


def test_the_picture_shows_image_truth_and_answer() -> None:
    masks = random_masks(2)
    wrong = masks.copy()
    wrong[1, 3, 2] = (wrong[1, 3, 2] + 1) % 3
    unjudged = wrong.copy()
    unjudged[0, 0, 0] = -1
    segmenter = RuleSegmenter(by_colour, LABELS)
    sheet = comparison(segmenter, drawn(masks), unjudged, COLOURS)
    assert sheet.dtype == np.uint8
    judged = comparison(segmenter, drawn(masks), wrong, COLOURS)
    scale, gap, head = 32, 6, 34  # 160 pixels over a smaller side of 5
    height, width = 6 * scale + gap, 5 * scale + gap

    def colour(row: int, column: int, y: int, x: int) -> tuple[int, ...]:
        top, left = head + row * height, column * width + gap
        return tuple(sheet[top + y * scale + scale // 2, left + x * scale + scale // 2].tolist())

    for row in range(2):
        for y in range(6):
            for x in range(5):
                assert colour(row, 0, y, x) == colour(row, 2, y, x) == COLOURS[masks[row, y, x]]
                if (row, y, x) != (0, 0, 0):
                    assert colour(row, 1, y, x) == COLOURS[wrong[row, y, x]]
    assert colour(0, 1, 0, 0) == (70, 70, 70)
    assert sheet.shape[1] == 3 * width + gap
    below = [set(map(tuple, part[head + 2 * height :].reshape(-1, 3).tolist())) for part in (sheet, judged)]
    assert {*COLOURS, (70, 70, 70)} <= below[0]  # the classes' names; unjudged pixels are told of where there are any
    assert (70, 70, 70) not in below[1]


def test_spread_colours_differ() -> None:
    colours = np.array(spread_colours(40), float)
    assert colours.min() >= 0
    assert colours.max() <= 255
    apart = np.linalg.norm(colours[:, None] - colours[None], axis=2) + 1e9 * np.eye(40)
    assert apart.min() > 5
    assert apart[:12, :12].min() > 40
    assert tuple(map(tuple, colours[:7].astype(int).tolist())) == spread_colours(7)
