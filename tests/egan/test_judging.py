"""What the discriminator says of a child, and that saying it changes nothing."""

from __future__ import annotations

import math

import pytest
from torch import Tensor, nn

from egan.evolution import make_toolbox
from egan.judging import evaluate, real_scores
from egan.mutations import heuristic, minimax
from egan.scheme import Scheme
from egan.variation import vary
from tests.egan.growing import REAL, buffers, evolved, population
from tests.tiny import all_equal, pictures, points, weights


class TestEvaluation:
    @pytest.mark.parametrize("normalisation", ["batch", "spectral"])
    def test_it_leaves_both_networks_as_they_were_statistics_included(self, normalisation: str) -> None:
        fresh = population(pictures(), normalisation=normalisation)
        (child,) = vary(fresh, Scheme(mutations=(minimax,)), fresh.parents[0], REAL)
        networks = (fresh.discriminator, child.generator)
        before = [(weights(network), buffers(network)) for network in networks]
        real = real_scores(fresh, next(fresh.batches))
        evaluate(fresh, child, real, fresh.draw_latents(16), "probability")
        for network, (old_weights, old_buffers) in zip(networks, before, strict=True):
            assert all_equal(weights(network), old_weights)
            assert all_equal(buffers(network), old_buffers)
            assert all(parameter.grad is None for parameter in network.parameters())
            assert network.training

    def test_diversity_of_a_linear_discriminator_is_the_logarithm_of_half_the_distance_of_the_means(self) -> None:
        fresh = population()
        plane = nn.Sequential(nn.Linear(2, 1), nn.Flatten(0))
        for parameter in plane.parameters():
            nn.init.zeros_(parameter)
        fresh.discriminator = plane
        (child,) = vary(fresh, Scheme(mutations=(minimax,)), fresh.parents[0], REAL)
        batch = next(fresh.batches)
        judgement = evaluate(fresh, child, real_scores(fresh, batch), fresh.draw_latents(40), "probability")
        distance = (judgement.fakes.mean(dim=0) - batch.real.mean(dim=0)).norm().item()
        assert judgement.fakes.shape == (40, 2)
        assert judgement.quality == 0.5
        assert judgement.diversity == pytest.approx(-math.log(distance / 2), rel=1e-5)

    def test_collapsed_fakes_are_less_diverse_than_real_ones(self) -> None:
        grown = evolved(60)
        (child,) = vary(grown, Scheme(mutations=(heuristic,)), grown.parents[0], REAL)
        real = real_scores(grown, next(grown.batches))
        child.generator = nn.Sequential(nn.Linear(3, 2))
        nn.init.zeros_(child.generator[0].weight)  # every latent becomes one far point
        nn.init.constant_(child.generator[0].bias, 5.0)
        collapsed = evaluate(grown, child, real, grown.draw_latents(64), "probability")
        assert collapsed.fakes.std(dim=0).max() == 0

        class Perfect(nn.Module):
            def forward(self, latents: Tensor) -> Tensor:
                return points(len(latents)).images

        child.generator = Perfect()
        perfect = evaluate(grown, child, real, grown.draw_latents(64), "probability")
        assert perfect.diversity > collapsed.diversity + 0.5

    @pytest.mark.parametrize(("parents", "k", "size"), [(1, 1, 8), (1, 3, 24), (2, 3, 12), (3, 1, 3)])
    def test_as_many_fakes_judge_as_the_discriminator_will_need(self, parents: int, k: int, size: int) -> None:
        fresh = population(parents=parents, discriminator_steps=k)
        toolbox = make_toolbox(fresh, Scheme(parents=parents))
        real = toolbox.real_scores(next(fresh.batches))
        (child, *_) = toolbox.vary(fresh.parents[0], real)
        assert len(toolbox.evaluate(child, real, toolbox.latents()).fakes) == size
