"""Conditional games: what each player is told of the class, and that the class asked for is the class drawn."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from core_gans import Batches, make, train
from core_gans.data import Examples
from core_gans.foundation.errors import LabError
from core_gans.game import Batch
from core_gans.games.conditions import ConditionalDiscriminator, ConditionalGenerator, handing_on, one_hot, with_class
from core_gans.losses.penalties import zero_centred
from core_gans.session import with_data
from core_gans.variants import CGAN
from tests.tiny import chance


def corners(count: int = 400) -> Examples:
    """Four clouds of points, one a class."""
    centres = torch.tensor([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
    labels = torch.arange(count) % 4
    return Examples("corners", centres[labels] + 0.1 * torch.randn(count, 2, generator=chance()), labels, tuple("abcd"))


class TestClasses:
    def test_an_image_is_followed_by_planes_of_its_class(self) -> None:
        shown = with_class(torch.full((2, 3, 4, 5), 0.5), one_hot(torch.tensor([2, 0]), 3))
        assert shown.shape == (2, 6, 4, 5)
        assert (shown[:, :3] == 0.5).all()
        assert shown[0, 3:].mean((1, 2)).tolist() == [0, 0, 1]
        assert shown[1, 3:].mean((1, 2)).tolist() == [1, 0, 0]

    def test_a_point_is_followed_by_the_numbers_of_its_class(self) -> None:
        assert with_class(torch.tensor([[0.5, -1.0]]), one_hot(torch.tensor([1]), 2)).tolist() == [[0.5, -1, 0, 1]]

    @pytest.mark.parametrize("wrong", [-1, 4])
    def test_a_class_that_is_not_there_is_named(self, wrong: int) -> None:
        with pytest.raises(LabError, match=rf"classes from 0 to 3, got {wrong}\."):
            one_hot(torch.tensor([0, wrong]), 4)


class TestPlayers:
    def test_the_generator_hands_the_class_on_in_training_only(self) -> None:
        generator = ConditionalGenerator(nn.Linear(5, 2), classes=3)
        latents = torch.cat((torch.randn(4, 2), one_hot(torch.tensor([0, 1, 2, 1]), 3)), dim=1)
        handed = generator.train()(latents)
        assert torch.equal(handed[:, 2:], latents[:, -3:])
        assert torch.equal(generator.eval()(latents), handed[:, :2])
        assert torch.equal(handing_on(generator)(latents), handed)

    def test_penalties_do_not_see_the_class(self) -> None:
        plane = nn.Sequential(nn.Linear(4, 1, bias=False), nn.Flatten(0))
        with torch.no_grad():
            plane[0].weight.copy_(torch.tensor([[3.0, 4.0, 100.0, -100.0]]))
        discriminator = ConditionalDiscriminator(plane, classes=2)
        shown = with_class(torch.randn(6, 2), one_hot(torch.tensor([0, 1, 0, 1, 0, 1]), 2))
        assert zero_centred(discriminator, shown).item() == pytest.approx(12.5)
        assert discriminator(shown)[0] != discriminator(shown[:1] * 0)[0]

    def test_a_penalty_between_real_and_generated_stays_in_one_class(self, rng: torch.Generator) -> None:
        game = CGAN(shape=(2,), family="mlp", latent=3, classes=4, width=4)
        batch = next(Batches(corners(), 8))
        assert torch.equal(game.latents_for(batch, rng)[:, -4:], game.with_condition(batch)[:, 2:])

    def test_the_default_networks_take_the_class(self, rng: torch.Generator) -> None:
        game = CGAN(shape=(1, 16, 16), width=4, classes=7)
        nets = game.players()
        fakes = nets["generator"](game.latents(3, rng))
        assert fakes.shape == (3, 8, 16, 16)
        assert nets["discriminator"](fakes).shape == (3,)
        assert game.without_condition(fakes).shape == (3, 1, 16, 16)


def test_the_class_asked_for_is_the_class_drawn(rng: torch.Generator) -> None:
    data = corners()
    game = make("cgan", shape=(2,), family="mlp", latent=2, classes=4, width=32, depth=2, rate=2e-3, r1=0.1,
                normalisation="none")  # fmt: skip
    state = train(game, Batches(data, 64), 400, rng=rng)
    asked = torch.arange(400) % 4
    drawn = game.sample(state.nets, 400, chance(1), asked)
    centres = torch.stack([data.images[data.labels == each].mean(0) for each in range(4)])
    nearest = torch.cdist(drawn, centres).argmin(1)
    assert (nearest == asked).float().mean() > 0.9
    means = torch.stack([drawn[asked == each].mean(0) for each in range(4)])
    assert (means - centres).norm(dim=1).max() < 0.4


def test_classes_come_from_the_data() -> None:
    assert with_data({"classes": 10, "family": "mlp"}, corners())["classes"] == 4


def test_a_game_without_classes_does_not_ask_for_labels() -> None:
    assert "classes" not in with_data({"family": "mlp"}, Examples("none", torch.zeros(4, 2)))


def test_examples_without_classes_are_refused() -> None:
    complaint = "a conditional game needs a class with every example"
    with pytest.raises(LabError, match=complaint):
        with_data({"classes": 10, "family": "mlp"}, Examples("none", torch.zeros(4, 2)))
    with pytest.raises(LabError, match=complaint):
        CGAN(shape=(2,), family="mlp").with_condition(Batch(torch.zeros(3, 2)))


def test_as_many_classes_as_samples(rng: torch.Generator) -> None:
    with pytest.raises(LabError, match=r"expected 5 classes, one for each latent, got \(3,\)"):
        CGAN(shape=(2,), family="mlp").latents(5, rng, torch.zeros(3, dtype=torch.long))
