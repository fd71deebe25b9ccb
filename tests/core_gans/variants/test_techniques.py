"""The improved techniques: their closed forms as parts, and what they do as fields of a game."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from core_gans.data import Batches
from core_gans.data.points import ring, ring_centres
from core_gans.foundation.errors import LabError
from core_gans.game import Batch, NoiseGame
from core_gans.metrics import mode_coverage
from core_gans.techniques import (
    MinibatchDiscrimination,
    VirtualBatchNorm,
    begin_history,
    feature_matching,
    historical_penalty,
    remember,
    set_references,
)
from core_gans.techniques.minibatch_discrimination import closeness
from core_gans.training import start, train
from core_gans.variants import make
from tests.tiny import batches, chance, pictures, small


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=chance(seed))


class TestFeatureMatching:
    def test_it_is_the_mean_square_of_the_difference_of_means(self) -> None:
        real = torch.tensor([[1.0, 0.0], [3.0, 4.0]])
        fake = torch.tensor([[5.0, 2.0], [5.0, -2.0], [2.0, 0.0]])
        assert feature_matching(real, fake).item() == ((2 - 4) ** 2 + (2 - 0) ** 2) / 2

    def test_other_examples_with_the_same_means_cost_nothing(self) -> None:
        real = normal(50, 3, 4, 4)
        assert feature_matching(real, real.flip(0)).item() == pytest.approx(0, abs=1e-12)
        assert feature_matching(real, real + 0.5).item() == pytest.approx(0.25)

    def test_only_the_generator_learns_from_it(self) -> None:
        real, fake = normal(4, 3).requires_grad_(), normal(6, 3, seed=1).requires_grad_()
        feature_matching(real, fake).backward()
        assert real.grad is None
        assert fake.grad is not None
        truth = 2 * (fake.mean(dim=0) - real.mean(dim=0)).detach() / 3 / 6
        torch.testing.assert_close(fake.grad, truth.expand(6, -1))

    def test_other_features_are_refused(self) -> None:
        with pytest.raises(ValueError, match=r"same features .* got \(3,\) and \(4,\)"):
            feature_matching(normal(2, 3), normal(2, 4))


class TestMinibatchDiscrimination:
    def test_planted_rows_have_the_closed_form(self) -> None:
        """Three examples whose first rows lie 1 and 3 apart on a line, and whose second rows are the same."""
        rows = torch.tensor([[[0.0, 0.0], [2.0, 5.0]], [[0.5, 0.5], [2.0, 5.0]], [[-1.0, -1.0], [2.0, 5.0]]])
        first = [math.exp(-1) + math.exp(-2), math.exp(-1) + math.exp(-3), math.exp(-2) + math.exp(-3)]
        torch.testing.assert_close(closeness(rows)[:, 0], torch.tensor(first))
        torch.testing.assert_close(closeness(rows)[:, 1], torch.full((3,), 2.0))

    def test_the_layer_multiplies_by_its_tensor_and_keeps_the_features(self) -> None:
        layer = MinibatchDiscrimination(4, kernels=3, dimensions=2)
        features = normal(5, 4)
        seen = layer(features)
        assert seen.shape == (5, 7)
        assert torch.equal(seen[:, :4], features)
        matrices = (features @ layer.tensor.flatten(1)).unflatten(1, (3, 2))
        for example in range(5):
            others = [other for other in range(5) if other != example]
            likeness = torch.exp(-(matrices[others] - matrices[example]).abs().sum(dim=2)).sum(dim=0)
            torch.testing.assert_close(seen[example, 4:], likeness)

    def test_a_collapsed_batch_is_told_from_a_diverse_one(self) -> None:
        layer = MinibatchDiscrimination(4, kernels=3, dimensions=2)
        collapsed = layer(normal(1, 4).expand(8, -1))[:, 4:]
        torch.testing.assert_close(collapsed, torch.full((8, 3), 7.0))
        assert (layer(100 * normal(8, 4))[:, 4:] < 1).all()

    def test_the_order_of_the_batch_does_not_matter(self) -> None:
        layer, features = MinibatchDiscrimination(4), normal(6, 4)
        torch.testing.assert_close(layer(features.flip(0)), layer(features).flip(0))


class TestHistoricalAveraging:
    def test_it_is_the_squared_distance_to_the_mean_of_the_past(self) -> None:
        network = nn.Linear(2, 1)
        begin_history(network)
        past = []
        for step in range(4):
            with torch.no_grad():
                network.weight.copy_(normal(1, 2, seed=step))
                network.bias.copy_(normal(1, seed=step + 10))
            now = torch.cat([network.weight.detach().flatten(), network.bias.detach()])
            truth = (now - torch.stack(past).mean(dim=0)).square().sum() if past else torch.tensor(0.0)
            torch.testing.assert_close(historical_penalty(network), truth)
            remember(network)
            past.append(now)

    def test_its_gradient_is_twice_the_way_back(self) -> None:
        network = nn.Linear(3, 1, bias=False)
        begin_history(network)
        remember(network)
        before = network.weight.detach().clone()
        with torch.no_grad():
            network.weight += 0.25
        historical_penalty(network).backward()
        torch.testing.assert_close(network.weight.grad, 2 * (network.weight.detach() - before))

    def test_buffers_of_the_network_remember_across_a_restart(self) -> None:
        network = nn.Sequential(nn.Linear(2, 2))
        begin_history(network)
        names = set(network.state_dict())
        assert {"history_mean", "history_times"} < names
        assert len(list(network.parameters())) == 2


class TestVirtualBatchNorm:
    @pytest.mark.parametrize("shape", [(5,), (5, 4, 4)])
    def test_an_output_depends_on_no_other_example_of_its_batch(self, shape: tuple[int, ...]) -> None:
        layer = VirtualBatchNorm(5)
        set_references(layer, 3 + 2 * normal(20, *shape))
        batch = normal(8, *shape, seed=1)
        together = layer(batch)
        for example in range(8):
            torch.testing.assert_close(layer(batch[example : example + 1])[0], together[example])
        changed = torch.cat((batch[:1], 100 * batch[1:]))
        torch.testing.assert_close(layer(changed)[0], together[0])
        ordinary = nn.BatchNorm1d(5) if len(shape) == 1 else nn.BatchNorm2d(5)
        assert not torch.allclose(ordinary(changed)[0], ordinary(batch)[0])

    def test_the_reference_itself_is_normalised_as_a_batch(self) -> None:
        layer, reference = VirtualBatchNorm(5), 3 + 2 * normal(20, 5, 4, 4)
        seen = []
        layer.register_forward_hook(lambda *call: seen.append(call[2]))
        set_references(layer, reference)
        torch.testing.assert_close(seen[0], nn.BatchNorm2d(5)(reference).detach(), rtol=1e-4, atol=1e-5)

    def test_an_example_is_one_among_the_reference(self) -> None:
        layer, reference, example = VirtualBatchNorm(2), normal(9, 2), normal(1, 2, seed=1)
        set_references(layer, reference)
        joined = torch.cat((reference, example))
        truth = (example - joined.mean(dim=0)) / (joined.var(dim=0, correction=0) + 1e-5).sqrt()
        torch.testing.assert_close(layer(example), truth)

    def test_deeper_layers_see_the_normalised_reference(self) -> None:
        network = nn.Sequential(nn.Linear(3, 4), VirtualBatchNorm(4), nn.ReLU(), nn.Linear(4, 2), VirtualBatchNorm(2))
        reference = normal(12, 3)
        set_references(network, reference)
        plain = nn.Sequential(network[0], nn.BatchNorm1d(4), network[2], network[3])
        torch.testing.assert_close(network[4].mean, plain(reference).mean(dim=0), rtol=1e-4, atol=1e-5)

    def test_scale_and_shift_are_learned(self) -> None:
        layer = VirtualBatchNorm(3)
        set_references(layer, normal(10, 3))
        before = layer(normal(4, 3)).detach()
        with torch.no_grad():
            layer.weight.fill_(2)
            layer.bias.fill_(-1)
        torch.testing.assert_close(layer(normal(4, 3)), 2 * before - 1)

    def test_a_network_without_such_layers_is_refused(self) -> None:
        with pytest.raises(ValueError, match="expected a network with VirtualBatchNorm layers"):
            set_references(nn.Linear(2, 2), normal(3, 2))


class TestAsFieldsOfAGame:
    """Each technique is a field of any game of two players; what it does there is exact."""

    @pytest.mark.parametrize("family", ["dcgan", "mlp", "maxout"])
    def test_minibatch_discrimination_lets_the_score_see_how_alike_a_batch_is(self, family: str) -> None:
        """A score that is the sum of the 3 numbers alone is 3 (N - 1) for a batch of one example, N times."""
        game = make("dcgan", family=family, shape=(1, 16, 16), width=4, depth=2, minibatch_discrimination=3)
        discriminator = game.players()["discriminator"].eval()
        score = next(module for name, module in discriminator.named_modules() if name.split(".")[-1] == "score")
        with torch.no_grad():
            score.weight.zero_()
            score.weight[:, -3:] = 1
            score.bias.zero_()
        alike = normal(1, 1, 16, 16).expand(6, -1, -1, -1)
        torch.testing.assert_close(discriminator(alike), torch.full((6,), 15.0))
        assert (discriminator(normal(6, 1, 16, 16)) < 15 - 1e-4).all()

    def test_historical_averaging_adds_the_squared_distance_of_each_player_to_its_past(self) -> None:
        game = make("gan", shape=(2,), family="mlp", latent=3, width=4, depth=1, historical_averaging=0.25)
        nets = game.players()
        batch = Batch(normal(5, 2))
        for turn in game.turns():
            (player,) = turn.players
            assert turn.loss(nets, batch, chance())[f"{player}_history"] == 0
            turn.after(nets)
            with torch.no_grad():
                for parameter in nets[player].parameters():
                    parameter += 0.5
            numbers = sum(parameter.numel() for parameter in nets[player].parameters())
            term = turn.loss(nets, batch, chance())[f"{player}_history"]
            torch.testing.assert_close(term, torch.tensor(0.25 * 0.5**2 * numbers))

    def test_virtual_normalisation_frees_a_drawn_example_from_the_others(self) -> None:
        games = {kind: make("dcgan", **PICTURES, generator_normalisation=kind) for kind in ("virtual", "batch")}
        latents = normal(6, 5)
        others = torch.cat((latents[:1], 3 * latents[1:]))
        alike = {}
        for kind, game in games.items():
            generator = game.players()["generator"].train()
            alike[kind] = torch.allclose(generator(latents)[0], generator(others)[0], atol=1e-6)
        assert alike == {"virtual": True, "batch": False}

    def test_the_references_of_virtual_normalisation_follow_the_weights(self, rng: torch.Generator) -> None:
        game = make("dcgan", **PICTURES, generator_normalisation="virtual")
        state = train(game, batches(pictures()), 3, rng=rng)
        generator = state.nets["generator"]
        kept = {name: value.clone() for name, value in generator.named_buffers()}
        set_references(generator, generator.get_buffer("references"))
        assert all(torch.equal(kept[name], value) for name, value in generator.named_buffers())
        fresh = game.players()["generator"]
        assert not torch.equal(kept["block4.2.mean"], fresh.get_buffer("block4.2.mean"))

    @pytest.mark.parametrize("kind", ["cgan", "text_to_image", "infogan"])
    def test_references_of_a_conditional_generator_are_latents_with_conditions(
        self, kind: str, rng: torch.Generator
    ) -> None:
        game = small(kind, pictures(), generator_normalisation="virtual")
        assert isinstance(game, NoiseGame)
        references = game.players()["generator"].get_buffer("references")
        assert references.shape == game.latents(len(references), rng).shape

    @pytest.mark.parametrize(
        ("fields", "message"),
        [
            ({"minibatch_discrimination": 3, "r1": 1.0}, "minibatch discrimination couples them"),
            ({"minibatch_discrimination": 3, "family": "autoencoder"}, "choose --family dcgan, mlp or maxout"),
            ({"minibatch_discrimination": 3, "family": "progressive"}, "choose --family dcgan, mlp or maxout"),
            ({"generator_normalisation": "virtual", "family": "mlp"}, "choose --family dcgan"),
        ],
    )
    def test_what_has_no_place_for_a_technique_is_refused(self, fields: dict[str, Any], message: str) -> None:
        with pytest.raises(LabError, match=message):
            make("dcgan", **(PICTURES | fields)).players()

    @pytest.mark.parametrize("fields", [{"minibatch_discrimination": -1}, {"historical_averaging": -0.1}])
    def test_negative_numbers_are_refused(self, fields: dict[str, Any]) -> None:
        with pytest.raises(LabError, match="of at least 0, got -"):
            make("gan", **fields)


PICTURES: dict[str, Any] = {"shape": (1, 16, 16), "latent": 5, "width": 4}


def test_a_game_with_techniques_finds_the_ring() -> None:
    """Seed 0 after 300 rounds: 0.16 off the ring, 8 modes of 8."""
    fields = {"minibatch_discrimination": 8, "historical_averaging": 0.001, "fourier": 0.5}
    game = make("gan", shape=(2,), family="mlp", latent=4, width=32, depth=2, rate=3e-3, prior="normal", **fields)
    assert isinstance(game, NoiseGame)
    state = start(game, Batches(ring(2000, chance()), 64), chance())

    def off_the_ring() -> float:
        return float((game.sample(state.nets, 2000, chance(1)).norm(dim=1) - 1.414).abs().mean())

    assert off_the_ring() > 0.8
    train(game, state.batches, 300, rng=state.rng, state=state)
    assert state.terms.keys() == {"discriminator", "discriminator_history", "generator", "generator_history"}
    assert off_the_ring() < 0.6
    assert mode_coverage(game.sample(state.nets, 2000, chance(1)), ring_centres(), sigma=0.1).covered >= 7
