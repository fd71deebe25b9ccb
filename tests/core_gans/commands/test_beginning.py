"""Commands begin with settings that fit points where their data are points, and with the papers' otherwise."""

from __future__ import annotations

import pytest

from core_gans.commands.beginning import points_in, suited
from core_gans.data.points import RING
from core_gans.point_presets import COMMON, points_fields
from core_gans.variants import DCGAN, GAN, WGAN


@pytest.mark.parametrize("words", [["--data", "ring"], ["--data=ring"], ["--data", "digits", "--data", "ring"]])
def test_points_begin_with_settings_for_points(words: list[str]) -> None:
    game, rounds = suited(GAN, words)
    assert (game.family, game.width, game.r1, game.rate) == ("mlp", COMMON["width"], COMMON["r1"], COMMON["rate"])
    assert game.fall_to == RING.fields["fall_to"]
    assert game.fall_rounds == -1
    assert rounds == RING.rounds


def test_the_grid_is_seen_through_waves_and_learned_more_slowly() -> None:
    grid, ring = (suited(GAN, ["--data", name])[0] for name in ("grid", "ring"))
    assert (grid.fourier, ring.fourier) == (2, 0)
    assert grid.rate < ring.rate
    assert suited(WGAN, ["--data", "grid"])[0].rate == points_fields("wgan")["rate"]


def test_a_variant_keeps_its_own_settings_for_points() -> None:
    game, _ = suited(WGAN, ["--data", "ring"])
    assert (game.clip, game.discriminator_steps, game.r1) == (0.1, 5, 0)


@pytest.mark.parametrize("words", [[], ["--data", "digits"], ["--rounds", "5"], ["--data"], ["ring", "--name", "ring"]])
def test_other_data_begin_with_the_papers_numbers(words: list[str]) -> None:
    assert suited(DCGAN, words) == (DCGAN(), None)
    assert points_in(words) is None


def test_a_bound_of_ones_own_is_left_alone() -> None:
    assert suited(GAN, ["--data", "ring", "--rounds", "7"])[1] is None


def test_rates_do_not_fall_over_a_run_of_unknown_length() -> None:
    game, rounds = suited(GAN, ["--data", "ring", "--seconds=5"])
    assert (game.fall_rounds, rounds) == (0, None)
