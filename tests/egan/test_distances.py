"""Fitness by distance, on points and pictures whose distances are known."""

from __future__ import annotations

import math

import pytest
import torch

from core_gans.data import Examples
from core_gans.data.examples import as_float
from core_gans.game import NoiseGame
from core_gans.metrics import frechet_distance
from egan.distances import Features, Kind, distance_rule, features_for, kernel_to
from egan.evolution import evolve
from egan.fitness import Judgement
from tests.tiny import batches, pictures, points, small


def judged(fakes: torch.Tensor) -> Judgement:
    return Judgement(0.5, 1.0, fakes)


@pytest.mark.parametrize(("kind", "name"), [("frechet", "frechet[points]"), ("kernel", "gaussian_mmd[points]")])
def test_fakes_like_the_data_are_fitter_than_shifted_and_collapsed_ones(kind: Kind, name: str) -> None:
    rule = distance_rule(kind, points(2000))
    assert rule.name == name
    good, near = points(500, seed=1).images, points(500, seed=2).images + 0.3
    collapsed = points(1, seed=1).images.expand(500, 2)
    assert rule(judged(good)) > rule(judged(near)) > rule(judged(collapsed))
    assert math.isnan(rule(judged(torch.full((5, 2), torch.nan))))


def test_frechet_is_minus_the_closed_form() -> None:
    real, fake = points(300).images.double(), points(200, seed=1).images.double() * 2
    rule = distance_rule("frechet", Examples("ring", points(300).images))
    expected = frechet_distance(real.mean(0), real.T.cov(), fake.mean(0), fake.T.cov())
    assert rule(judged(fake)) == pytest.approx(-expected, rel=1e-6)


def test_the_kernel_distance_is_unbiased_and_sees_modes_that_gaussians_do_not() -> None:
    def ring(count: int, modes: int, seed: int) -> torch.Tensor:
        chance = torch.Generator().manual_seed(seed)
        angle = 2 * math.pi * torch.randint(modes, (count,), generator=chance) / modes
        noise = 0.02 * torch.randn(count, 2, generator=chance, dtype=torch.float64)
        return torch.stack([angle.cos(), angle.sin()], dim=1).double() + noise

    distance = kernel_to(ring(1500, 8, 0))
    same = torch.tensor([distance(ring(200, 8, seed)) for seed in range(1, 41)])
    assert abs(same.mean()) < 3 * same.std() / 40**0.5
    other = torch.tensor([distance(ring(200, 4, seed)) for seed in range(1, 11)])  # the same mean and covariance
    assert other.min() > same.max()


def test_features_are_named_after_where_they_come_from() -> None:
    assert features_for(pictures()).name == "pca-pixels"
    assert features_for(Examples("digits", pictures(size=32).images)).name == "digits-cnn"
    bright = Features("brightness", lambda images: images.flatten(1).mean(1, keepdim=True))
    rule = distance_rule("frechet", pictures(), bright)
    assert rule.name == "frechet[brightness]"
    assert rule(judged(as_float(pictures().images))) == pytest.approx(0, abs=1e-9)


def test_it_selects_by_distance_and_still_measures_what_the_discriminator_says() -> None:
    game = small("dcgan", points())
    assert isinstance(game, NoiseGame)
    grown = evolve(
        game, batches(points()), 3, rng=torch.Generator().manual_seed(0), fitness=distance_rule("frechet", points(500))
    )
    assert all(line["fitness"] < 0 for line in grown.logbook)
    assert all(0 < line["quality"] < 1 for line in grown.logbook)
