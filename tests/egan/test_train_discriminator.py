"""The discriminator's steps on the survivors' fakes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

from core_gans.foundation.errors import DivergedError
from core_gans.game import Batch, NoiseGame
from core_gans.variants import GAN
from egan.evolution import evolve
from egan.train_discriminator import train_discriminator
from tests.egan.growing import population
from tests.tiny import all_equal, batches, chance, points, small, weights


class TestTeaching:
    @pytest.mark.parametrize(
        ("parents", "k", "size", "uses"), [(1, 3, None, {1}), (2, 2, None, {1}), (1, 3, 9, {2, 3})]
    )
    def test_every_fake_is_used_before_any_a_second_time(
        self, parents: int, k: int, size: int | None, uses: set[int]
    ) -> None:
        used: list[Tensor] = []

        @dataclass(frozen=True)
        class Spy(GAN):
            def score_loss(
                self, discriminator: nn.Module, real: Tensor, fake: Tensor, rng: torch.Generator
            ) -> dict[str, Tensor]:
                used.append(fake)
                return super().score_loss(discriminator, real, fake, rng)

        game = Spy(shape=(2,), latent=3, width=4, discriminator_steps=k)
        grown = evolve(game, batches(points()), 1, rng=chance(), parents=parents, evaluation_size=size)
        assert [len(fake) for fake in used] == [8] * k
        counts = torch.cat(used).unique(dim=0, return_counts=True)[1]
        assert set(counts.tolist()) == uses
        assert len(counts) == (size or math.ceil(8 * k / parents)) * parents
        assert grown.batches.position == k

    def test_k_steps_see_k_real_batches(self) -> None:
        fresh = population(discriminator_steps=3)
        evolve(fresh.game, fresh.batches, 4, rng=fresh.rng, state=fresh)
        assert fresh.batches.position == 12
        assert fresh.images_seen == 12 * 8
        assert {float(moments["step"]) for moments in fresh.optimizer.state.values()} == {12}

    def test_only_the_discriminator_learns(self) -> None:
        fresh = population()
        before, discriminator = weights(fresh.parents[0].generator), weights(fresh.discriminator)
        loss = train_discriminator(fresh, next(fresh.batches), torch.zeros(8, 2))
        assert math.isfinite(loss)
        assert all_equal(weights(fresh.parents[0].generator), before)
        assert not all_equal(weights(fresh.discriminator), discriminator)

    def test_nan_in_the_data_raises_and_spares_the_weights(self) -> None:
        fresh = population()
        before = weights(fresh.discriminator)
        with pytest.raises(DivergedError, match="the loss of the discriminator"):
            train_discriminator(fresh, Batch(torch.full((8, 2), torch.nan)), torch.zeros(8, 2))
        assert all_equal(weights(fresh.discriminator), before)

    def test_what_a_variant_does_after_a_step_is_done(self) -> None:
        game = small("wgan", points(), clip=0.002)
        assert isinstance(game, NoiseGame)
        grown = evolve(game, batches(points()), 2, rng=chance())
        assert all(parameter.abs().max() <= 0.002 for parameter in grown.discriminator.parameters())
