"""What directions do: a planted direction draws trees, random ones do not; and the pictures show what was walked."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from core_gans.foundation.colours import BLUE, INK, RED, rgb
from core_gans.foundation.lettering import label
from core_gans.foundation.pixels import to_bytes
from dissect.directions import LatentDirection, UnitDirection, effect, random_control
from dissect.directions.control import Control
from dissect.directions.curves import curves, shown_classes
from dissect.directions.pictures import strips
from dissect.segmenters.known import RuleSegmenter
from tests.dissect.glass import LABELS, TREE, UNITS, ColourSegmenter, GlassGenerator, latents, shares

SAMPLE = latents(40)
TREES = LABELS.index("tree")


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def along(unit: int, length: float = 0.2) -> UnitDirection:
    return UnitDirection("one unit", "stem.glass", length * torch.eye(UNITS)[unit])


@pytest.fixture(scope="module")
def found():
    return effect(
        GlassGenerator(), along(TREE), SAMPLE, ColourSegmenter(), strengths=(-3, 0, 3), random_trials=8, rng=rng()
    )


def test_the_shares_are_those_of_the_moved_images(found):
    made = GlassGenerator()
    assert found.shares[1] == pytest.approx(list(shares(made(SAMPLE)).values()), abs=1e-6)
    moved = along(TREE).images(made, SAMPLE, 3.0)
    assert found.shares[2] == pytest.approx(list(shares(moved).values()), abs=1e-6)
    assert found.shares.sum(1) == pytest.approx(1)
    assert found.difference[1] == 0
    assert found.difference[2] == pytest.approx(float((moved - made(SAMPLE)).abs().mean()) / 2, abs=1e-6)


def test_the_planted_direction_draws_trees_beyond_what_random_ones_do(found):
    assert found.shares[0, TREES] == 0
    assert found.shares[2, TREES] > 0.9
    assert found.beyond()[0] == "tree"
    assert found.change_low[TREES] > 0.9
    assert "sun" not in found.beyond()


def test_intervals_hold_the_means(found):
    for low, mean, high in (
        (found.low, found.shares, found.high),
        (found.change_low, found.change, found.change_high),
    ):
        assert (low <= mean + 1e-12).all()
        assert (mean <= high + 1e-12).all()
        assert (low < high).any()


def test_a_random_direction_is_not_beyond_random_directions():
    made, segmenter = GlassGenerator(), ColourSegmenter()
    options = {"strengths": (-3.0, 3.0)}
    control = random_control(made, along(TREE), SAMPLE, segmenter, trials=39, rng=rng(), **options)
    tried = [along(TREE).random(rng(seed)) for seed in range(100, 116)]
    results = [effect(made, each, SAMPLE, segmenter, control=control, rng=rng(), **options) for each in tried]
    wrong = sum("sky" in result.beyond() for result in results)
    assert wrong <= 2  # of 16, by a chance of 1 in 40 each
    assert results[0].control is control


def test_a_latent_that_decides_nothing_changes_nothing():
    seed_of_noise = LatentDirection("noise", torch.tensor([0.0, 0, 0, 0, 0, 1]))
    result = effect(
        GlassGenerator(),
        seed_of_noise,
        SAMPLE * 0.5,
        ColourSegmenter(),
        strengths=(0, 0.5),
        random_trials=2,
        rng=rng(),
    )
    assert (result.change == 0).all()
    assert (result.difference == 0).all()
    assert result.beyond() == []


def test_the_control_is_the_largest_change_of_either_sign(found):
    shares = np.array([[[0.5, 0.3, 0.2], [0.1, 0.7, 0.2]], [[0.5, 0.3, 0.2], [0.7, 0.1, 0.2]]])  # 2 random directions
    control = Control("latents", 1.0, (0.0, 1.0), shares, np.zeros((2, 2)), np.zeros((2, 2)))
    assert control.largest() == pytest.approx([0.4, 0.4, 0])
    assert found.control.largest()[LABELS.index("sun")] == 0
    assert found.control.shares.shape == (8, 3, len(LABELS))


def test_progress_counts_every_image_once():
    told: list[int] = []
    effect(
        GlassGenerator(),
        along(TREE),
        SAMPLE[:6],
        ColourSegmenter(),
        strengths=(0, 1),
        random_trials=3,
        batch_size=4,
        rng=rng(),
        progress=told.append,
    )
    assert told == sorted(told)
    assert told[-1] == 6 * 2 * (1 + 3)


def test_a_strip_shows_the_walk_with_the_untouched_image_framed():
    made, z = GlassGenerator(), SAMPLE[:2]
    sheet = strips(made, [along(TREE)], z, (-3, 0, 3), width=64)
    assert sheet.dtype == np.uint8
    assert sheet.shape == (24 + 20 + 24 + 2 * 64 + 3 * 4, 24 + 3 * 64 + 2 * 4, 3)
    start, right = 12 + 20 + 24 + 2 * 4, 12 + 2 * (64 + 4)
    moved = to_bytes(along(TREE).images(made, z, 3.0))[0]
    shown = sheet[start : start + 64, right : right + 64]
    assert np.abs(shown[::2, ::2].astype(int) - moved).mean() < 12
    assert tuple(sheet[start, 12 + 64 + 4 + 10]) == rgb(INK)  # the frame
    with_two = strips(made, [along(TREE), along(0)], z, (-3, 0, 3), captions=["more trees", ""], width=64)
    assert with_two.shape[0] == sheet.shape[0] + 24 + 2 * 64 + 3 * 4


def test_curves_mark_what_goes_beyond_in_red(found):
    sheet = curves(found, count=3)
    blue, red = ((sheet == rgb(colour)).all(axis=2) for colour in (BLUE, RED))
    lines = slice(sheet.shape[0] // 3, None)  # below the names of the colours
    assert red[lines].sum() > 100
    assert blue[lines].sum() == 0
    assert sheet.shape[1] > sheet.shape[0]


def test_the_classes_that_are_named_are_drawn_first_whatever_the_others_change_by(found):
    """Of those named here, one changes least: it must not fall out of the picture of what was named."""
    change = np.array([0.5, -0.4, 0.3, 0.01, -0.2])
    control = replace(found.control, shares=np.zeros_like(found.control.shares))
    control.shares[:, -1] = (0.9, 0.9, 0.9, 0.0, 0.9)
    few = replace(found, change=change, change_low=change - 0.001, change_high=change + 0.001, control=control)
    assert few.beyond() == ["door"]
    assert shown_classes(few, 2) == ["door", "grass"]
    assert shown_classes(replace(few, control=replace(control, shares=0 * control.shares)), 2) == [
        "grass",
        "sky",
        "tree",
        "sun",
        "door",
    ]


def test_words_fit_their_place_and_are_ink_on_white():
    short, long = label("tree", 120, 20), label("a very long word that does not fit at all " * 3, 120, 20)
    assert short.shape == long.shape == (20, 120, 3)
    assert (short[:, 60:] == 255).all()
    assert 0.005 < (short < 128).mean() < 0.5
    assert (long[:, :20] < 250).any()
    assert (long[:, -20:] < 250).any()
    right = label("1", 60, 20, align="right")
    assert (right[:, :40] == 255).all()
    assert (right < 128).any()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"strengths": (1,)}, "two or more ascending strengths"),
        ({"strengths": (1, 1)}, "two or more ascending strengths"),
        ({"random_trials": 1}, "at least 2 random directions"),
    ],
)
def test_what_cannot_be_walked_is_said(options, told):
    with pytest.raises(ValueError, match=told):
        effect(GlassGenerator(), along(TREE), SAMPLE[:3], ColourSegmenter(), rng=rng(), **options)


def test_a_control_of_another_walk_is_refused():
    made, segmenter = GlassGenerator(), ColourSegmenter()
    control = random_control(made, along(TREE), SAMPLE[:3], segmenter, strengths=(0, 1), trials=2, rng=rng())
    with pytest.raises(ValueError, match="make one for it"):
        effect(made, along(TREE, 0.8), SAMPLE[:3], segmenter, strengths=(0, 1), control=control, rng=rng())
    with pytest.raises(ValueError, match="other strengths"):
        effect(made, along(TREE), SAMPLE[:3], segmenter, strengths=(0, 2), control=control, rng=rng())


def test_random_directions_leave_the_label_that_all_latents_carry():
    class Labelled(nn.Module):
        """Red where the label is above 2, whatever the other numbers are."""

        def forward(self, z: torch.Tensor) -> torch.Tensor:
            return (z[:, -1] - 2).sign()[:, None, None, None].expand(-1, 3, 4, 4)

    given = torch.cat((torch.randn(6, 2, generator=rng()), torch.full((6, 1), 3.0)), 1)
    like = LatentDirection("found", torch.tensor([0.6, 0.8, 0.0]))
    light = RuleSegmenter(lambda images: (images[:, 0] > 0).long(), ["dark", "light"])
    control = random_control(Labelled(), like, given, light, strengths=(-3, 0, 3), trials=8, rng=rng())
    assert control.difference.tolist() == [[0.0] * 3] * 8
    assert control.shares[..., 1].tolist() == [[1.0] * 3] * 8
    with_label = replace(like, vector=torch.tensor([0.0, 0.8, 0.6]))  # one that moves it is held against such as do
    control = random_control(Labelled(), with_label, given, light, strengths=(-3, 0, 3), trials=8, rng=rng())
    assert control.difference.max() > 0
