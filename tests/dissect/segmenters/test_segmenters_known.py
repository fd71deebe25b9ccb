"""Segmenters that need no training: rules, colours, known masks, and the strokes of digits."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import Tensor

from dissect.sampling import segment
from dissect.segmenters import MaskSegmenter, RuleSegmenter, StrokeSegmenter
from dissect.segmenters.thinning import ends, thinned

NAMES = StrokeSegmenter.labels


def test_a_rule_is_checked() -> None:
    images = torch.linspace(-1, 1, 16).view(1, 1, 4, 4).expand(2, 3, 4, 4)
    bright = RuleSegmenter(lambda shown: (shown.mean(1) > 0).int(), ("dark", "bright"))
    assert bright(images).dtype == torch.int64
    assert bright(images).sum() == 16
    cases = [
        (lambda shown: shown.mean(1), "integer classes from the segmenter, got torch.float32"),
        (lambda shown: [0], "got list"),
        (lambda shown: torch.zeros(2, 2, 2, dtype=torch.int64), r"\(2, 4, 4\), from the segmenter, got \(2, 2, 2\)"),
        (lambda shown: torch.full((2, 4, 4), 2), "run from 2 to 2"),
        (lambda shown: torch.full((2, 4, 4), -2), "-1 is none of them"),
    ]
    for rule, told in cases:
        with pytest.raises(ValueError, match=told):
            RuleSegmenter(rule, ("dark", "bright"))(images)  # type: ignore[arg-type]


def test_known_masks_are_found_by_their_images() -> None:
    rng = torch.Generator().manual_seed(0)
    images = torch.rand(6, 3, 5, 7, generator=rng) * 2 - 1
    masks = torch.randint(-1, 2, (6, 5, 7), generator=rng)
    segmenter = MaskSegmenter(images, masks, ("a", "b"))
    order = [3, 3, 0, 5]
    assert torch.equal(segmenter(images[order]), masks[order])
    with pytest.raises(ValueError, match="image 1 of 2 is none of the 6"):
        segmenter(torch.stack([images[0], images[0].flip(2)]))
    with pytest.raises(ValueError, match="images 0 and 6 are equal"):
        MaskSegmenter(torch.cat([images, images[:1]]), torch.cat([masks, masks[1:2]]), ("a", "b"))
    with pytest.raises(ValueError, match="those from the masks run from -1 to 1"):
        MaskSegmenter(images, masks, ("a",))
    with pytest.raises(ValueError, match="a class for every pixel"):
        MaskSegmenter(images, masks[:, 1:], ("a", "b"))


def picture(side: int = 28) -> np.ndarray:
    return np.zeros((side, side), np.uint8)


def shown(*pictures: np.ndarray) -> Tensor:
    """Pictures of 0 and 255 as images (N, 1, H, W) in [-1, 1]."""
    return torch.from_numpy(np.stack(pictures))[:, None].float() / 127.5 - 1


def seen(*pictures: np.ndarray, **options: float) -> np.ndarray:
    return StrokeSegmenter(**options)(shown(*pictures)).numpy()  # type: ignore[arg-type]


def ring(side: int = 28, radius: int = 8, thick: int = 2) -> np.ndarray:
    middle = side // 2
    return cv2.circle(picture(side), (middle, middle), radius, 255, thick)


@pytest.mark.parametrize(("side", "radius", "thick"), [(28, 8, 2), (28, 9, 3), (32, 12, 4), (16, 5, 1), (8, 2, 1)])
def test_a_ring_is_a_stroke_around_a_loop(side: int, radius: int, thick: int) -> None:
    drawn = ring(side, radius, thick)
    inside = ndimage.binary_fill_holes(drawn > 0) & (drawn == 0)
    assert inside.sum() > 3
    classes = seen(drawn)[0]
    assert np.array_equal(classes == NAMES.index("loop"), inside)
    assert np.array_equal(classes == NAMES.index("stroke"), drawn > 0)  # a ring has no end
    around = ndimage.binary_dilation(drawn > 0, np.ones((3, 3))) & (drawn == 0) & ~inside
    assert np.array_equal(classes == NAMES.index("edge"), around)


def test_an_open_ring_has_no_loop_and_two_ends() -> None:
    drawn = ring()
    drawn[:, 19:] = 0
    classes = seen(drawn)[0]
    assert not (classes == NAMES.index("loop")).any()
    _, count = ndimage.label(classes == NAMES.index("end"), np.ones((3, 3)))
    assert count == 2


def test_two_rings_have_two_loops_and_a_diagonal_wall_holds() -> None:
    drawn = cv2.circle(cv2.circle(picture(), (14, 8), 5, 255, 2), (14, 19), 6, 255, 2)
    _, count = ndimage.label(seen(drawn)[0] == NAMES.index("loop"))
    assert count == 2
    diamond = picture(9)
    for i in range(4):  # pixels that only touch at their corners
        diamond[i, 4 - i] = diamond[i, 4 + i] = diamond[8 - i, 4 - i] = diamond[8 - i, 4 + i] = 255
    diamond[4, 0] = diamond[4, 8] = 255
    assert (seen(diamond)[0] == NAMES.index("loop")).sum() == 25


@pytest.mark.parametrize("thick", [1, 2, 3, 4])
@pytest.mark.parametrize("line", [((4, 13), (23, 13)), ((13, 4), (13, 23)), ((5, 5), (22, 22)), ((6, 21), (21, 4))])
def test_a_line_ends_at_its_two_tips_and_nowhere_else(
    line: tuple[tuple[int, int], tuple[int, int]], thick: int
) -> None:
    drawn = cv2.line(picture(), *line, 255, thick)  # type: ignore[call-overload]
    classes = seen(drawn)[0]
    assert not (classes == NAMES.index("loop")).any()
    _, count = ndimage.label(classes == NAMES.index("end"), np.ones((3, 3)))
    assert count == 2
    for x, y in line:
        assert classes[y, x] == NAMES.index("end")
    y, x = (line[0][1] + line[1][1]) // 2, (line[0][0] + line[1][0]) // 2
    middle = classes[y - 1 : y + 2, x - 1 : x + 2]
    assert (middle == NAMES.index("stroke")).any()
    assert not (middle == NAMES.index("end")).any()
    strokes = np.isin(classes, (NAMES.index("stroke"), NAMES.index("end")))
    assert np.array_equal(strokes, drawn > 0)
    assert (classes == NAMES.index("end")).sum() < 0.7 * strokes.sum()


def test_letters_have_as_many_ends_as_they_have() -> None:
    tee = cv2.line(cv2.line(picture(), (4, 5), (23, 5), 255, 2), (13, 5), (13, 24), 255, 2)
    cross = cv2.line(cv2.line(picture(), (4, 4), (23, 23), 255, 2), (23, 4), (4, 23), 255, 2)
    six = cv2.line(ring(28, 5, 2), (9, 14), (12, 2), 255, 2)
    blank, dot = picture(), picture()
    dot[13, 13] = 255
    classes = seen(tee, cross, six, blank, dot)
    counts = [ndimage.label(one == NAMES.index("end"), np.ones((3, 3)))[1] for one in classes]
    assert counts == [3, 4, 1, 0, 1]
    assert (classes[3] == NAMES.index("background")).all()


def test_pictures_do_not_touch_each_other() -> None:
    """Each is seen as it is alone, also where strokes run into the border."""
    rng = np.random.default_rng(0)
    pictures = []
    for _ in range(40):
        drawn = picture(20)
        for _ in range(3):
            cv2.line(drawn, *(tuple(map(int, rng.integers(0, 20, 2))) for _ in range(2)), 255, 2)  # type: ignore
        pictures.append(drawn)
    together = seen(*pictures)
    for one, alone in zip(together, pictures, strict=True):
        assert np.array_equal(one, seen(alone)[0])
    assert np.array_equal(seen(*pictures * 4)[40:80], together)  # more than one mosaic


def test_options_of_the_strokes() -> None:
    drawn = ring()
    assert np.array_equal(seen(255 - drawn, dark=True), seen(drawn))
    pale = (drawn * 0.4).astype(np.uint8)
    assert not seen(pale).any()
    assert np.array_equal(seen(pale, threshold=-0.5), seen(drawn))
    small = picture()
    small[5:8, 5:8] = 255
    small[6, 6] = 0
    assert (seen(small)[0] == NAMES.index("loop")).sum() == 1
    assert (seen(small, smallest_loop=2)[0] == NAMES.index("loop")).sum() == 0
    line = cv2.line(picture(), (3, 14), (24, 14), 255, 1)
    reach = [(seen(line, reach=pixels)[0] == NAMES.index("end")).sum() for pixels in (0, 2, 4)]
    assert reach[0] < reach[1] < reach[2]
    as_colours = shown(drawn).expand(-1, 3, -1, -1)
    assert np.array_equal(StrokeSegmenter()(as_colours).numpy(), seen(drawn))
    assert torch.equal(segment(StrokeSegmenter(), shown(drawn)), StrokeSegmenter()(shown(drawn)))
    for options, told in (({"threshold": 2.0}, "brightness"), ({"smallest_loop": 0}, "1 pixel"), ({"reach": -1}, "-1")):
        with pytest.raises(ValueError, match=told):
            StrokeSegmenter(**options)  # type: ignore[arg-type]


def test_thinning_keeps_what_hangs_together() -> None:
    """Lines of one pixel inside the strokes, with as many parts and holes as these."""
    rng = np.random.default_rng(1)
    for _ in range(20):
        drawn = picture(40)
        for _ in range(4):
            centre = tuple(map(int, rng.integers(12, 28, 2)))  # off the border, where a line's end frees its ground
            cv2.ellipse(drawn, centre, (9, 6), int(rng.integers(180)), 0, int(rng.integers(90, 360)), 1, 3)
        lines = thinned(drawn)
        assert not (lines & ~drawn).any()
        assert np.array_equal(thinned(lines), lines)
        eight = np.ones((3, 3))
        assert ndimage.label(lines, eight)[1] == ndimage.label(drawn, eight)[1]
        assert ndimage.label(lines == 0)[1] == ndimage.label(drawn == 0)[1]
        assert lines.sum() < 0.6 * drawn.sum()
    bar = picture(20)
    bar[8:11, 3:17] = 1
    line = thinned(bar)
    assert line.sum() == line[9].sum() > 10
    assert ends(line).sum() == 2


@pytest.mark.skipif("GANLAB_DATA" not in os.environ, reason="GANLAB_DATA does not name the folder of real data")
def test_handwritten_digits_have_the_parts_they_have() -> None:
    with np.load(Path(os.environ["GANLAB_DATA"]) / "mnist_28.npz") as data:
        images, labels = data["test_images"][:1500], data["test_labels"][:1500]
    classes = seen(*images)
    drawn = images > 127
    filled = np.stack([ndimage.binary_fill_holes(one) for one in drawn])
    assert np.array_equal(classes == NAMES.index("loop"), filled & ~drawn)
    loops = np.array([ndimage.label(one == NAMES.index("loop"))[1] for one in classes])
    tips = np.array([ndimage.label(one == NAMES.index("end"), np.ones((3, 3)))[1] for one in classes])
    assert (tips[labels == 1] == 2).mean() > 0.9
    assert (tips[(labels == 6) | (labels == 9)] == 1).mean() > 0.6
    assert tips[labels == 0].mean() < 1 < 2 < tips[labels == 4].mean()
    for digit, least, most in ((1, 0.0, 0.05), (0, 0.75, 1.2), (8, 1.3, 1.9)):
        assert least <= loops[labels == digit].mean() <= most
