"""Truncated latents: within the threshold, distributed as resampling has it, and the rest left alone."""

import math

import pytest
import torch

from core_gans.foundation.errors import LabError
from core_gans.sampling import drawing, truncated
from core_gans.variants import make
from tests.tiny import chance


@pytest.mark.parametrize("threshold", [0.02, 0.5, 1.0, 2.5])
def test_a_normal_latent_is_the_normal_distribution_cut_off(threshold: float, rng: torch.Generator) -> None:
    game = make("wgan_gp", prior="normal", latent=8)
    latents = game.latents(20_000, rng)  # type: ignore[attr-defined]
    cut = truncated(game, latents, threshold, rng)  # type: ignore[arg-type]
    assert float(cut.abs().max()) <= threshold
    kept = latents.abs() <= threshold
    assert torch.equal(cut[kept], latents[kept])
    density = math.exp(-(threshold**2) / 2) / math.sqrt(2 * math.pi)
    variance = 1 - 2 * threshold * density / math.erf(threshold / math.sqrt(2))  # of the cut-off distribution
    assert float(cut.var()) == pytest.approx(variance, rel=0.02)
    assert abs(float(cut.mean())) < 4 * math.sqrt(variance / cut.numel())


def test_a_uniform_latent_is_uniform_within_the_threshold(rng: torch.Generator) -> None:
    game = make("dcgan", prior="uniform", latent=8)
    cut = truncated(game, game.latents(20_000, rng), 0.3, rng)  # type: ignore[arg-type, attr-defined]
    assert float(cut.abs().max()) <= 0.3
    assert float(cut.var()) == pytest.approx(0.3**2 / 3, rel=0.02)
    with pytest.raises(LabError, match=r"above 0 and at most 1 .*, got 1.5"):
        truncated(game, cut, 1.5, rng)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["cgan", "acgan", "infogan"])
def test_classes_and_codes_stay(name: str, rng: torch.Generator) -> None:
    game = make(name, prior="normal")
    label = torch.arange(10)
    latents = game.latents(10, rng, label)  # type: ignore[attr-defined]
    cut = truncated(game, latents, 0.1, rng)  # type: ignore[arg-type]
    noise = game.latent  # type: ignore[attr-defined]
    assert torch.equal(cut[:, noise:], latents[:, noise:])
    assert float(cut[:, :noise].abs().max()) <= 0.1 + 1e-7
    assert torch.equal(game.asked(cut), label)  # type: ignore[attr-defined]


def test_the_noise_of_every_level_of_a_pyramid_is_cut(rng: torch.Generator) -> None:
    game = make("lapgan", prior="normal", shape=(1, 32, 32))
    cut = truncated(game, game.latents(5, rng), 0.1, rng)  # type: ignore[arg-type, attr-defined]
    assert float(cut.abs().max()) <= 0.1 + 1e-7


@pytest.mark.parametrize("threshold", [0.0, -1.0, math.nan, math.inf])
def test_thresholds_that_are_none(threshold: float, rng: torch.Generator) -> None:
    game = make("wgan_gp", prior="normal")
    with pytest.raises(LabError, match="expected a truncation above 0 and finite"):
        truncated(game, game.latents(2, rng), threshold, rng)  # type: ignore[arg-type, attr-defined]


def test_without_a_truncation_the_samples_are_those_of_the_game() -> None:
    game = make("cgan", shape=(2,), family="mlp", width=4, depth=1, latent=3, classes=4)
    nets = game.players()
    drawn = drawing(game, nets["generator"], 600, chance(3))  # type: ignore[arg-type]
    assert torch.equal(torch.cat(list(drawn.parts())), game.sample(nets, 600, chance(3)))  # type: ignore[attr-defined]
    assert drawn.labels is not None
    assert set(drawn.labels.tolist()) == {0, 1, 2, 3}


def test_a_game_with_a_field_called_noise_is_truncated_too(rng: torch.Generator) -> None:
    game = make("semi_supervised", shape=(1, 16, 16), classes=3)
    cut = truncated(game, game.latents(50, rng), 0.5, rng)  # type: ignore[arg-type, attr-defined]
    assert float(cut.abs().max()) <= 0.5
