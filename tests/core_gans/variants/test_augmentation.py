"""Changes of images before the discriminator: by their formulas, differentiable, by chance that resumes to the bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from core_gans.foundation.errors import LabError
from core_gans.game import NoiseGame
from core_gans.games.augmented import decides_at_zero
from core_gans.losses import objectives
from core_gans.networks.augmentation import EVERY, Augmentation, augmentation_in, augmented
from core_gans.runs import checkpoints
from core_gans.techniques import image_changes as changes
from core_gans.training import TrainingState, start, train
from core_gans.variants import make
from egan import evolve
from tests.tiny import batches, chance, differences, pictures, small

KINDS: Any = tuple(changes.CHANGES)
DIFFAUGMENT: Any = ("colour", "translation", "cutout")
PICTURES = pictures(size=16)
OWN = ("cgan", "acgan", "infogan", "semi_supervised", "text_to_image", "ebgan", "began", "progan", "ls_gan")


def images(count: int = 4, colours: int = 3, height: int = 6, width: int = 8) -> Tensor:
    return torch.randn(count, colours, height, width, generator=chance(3), dtype=torch.float64)


class TestFormulas:
    def test_translation_is_a_shift_with_zeros_from_outside(self) -> None:
        x = images(2)
        moved = changes.shifted(x, torch.tensor([1, -2]), torch.tensor([3, 0]))
        truth = torch.zeros_like(x)
        truth[0, :, 1:, 3:] = x[0, :, :-1, :-3]
        truth[1, :, :-2] = x[1, :, 2:]
        assert torch.equal(moved, truth)

    def test_translation_draws_every_shift_up_to_an_eighth_and_no_other(self) -> None:
        spot = torch.zeros(2_000, 1, 16, 16)
        spot[:, :, 8, 8] = 1
        moved = changes.translation(spot, chance())
        places = moved.flatten(1).argmax(dim=1)
        rows, columns = places // 16 - 8, places % 16 - 8
        assert sorted(set(rows.tolist())) == sorted(set(columns.tolist())) == [-2, -1, 0, 1, 2]
        assert torch.equal(moved.sum(dim=(1, 2, 3)), torch.ones(2_000))

    def test_mirror_flips_half_of_them_and_leaves_the_others(self) -> None:
        x = images(200)
        seen = changes.mirror(x, chance())
        flipped = (seen == x.flip(3)).flatten(1).all(dim=1)
        assert torch.equal(seen[~flipped], x[~flipped])
        assert 70 < int(flipped.sum()) < 130

    def test_turns_are_quarters(self) -> None:
        x = images(100, width=6)
        seen = changes.turn(x, chance())
        is_turned = torch.stack([(seen == x.rot90(n, (2, 3))).flatten(1).all(dim=1) for n in range(4)])
        assert torch.equal(is_turned.sum(dim=0), torch.ones(100, dtype=torch.int64))
        assert bool((is_turned.sum(dim=1) > 10).all())

    def test_zoom_by_one_is_nothing_and_by_two_repeats_the_middle_between_pixels(self) -> None:
        x = images(1)
        torch.testing.assert_close(changes.zoomed(x, torch.ones(1)), x)
        line = torch.arange(8.0).expand(1, 1, 6, 8)
        seen = changes.zoomed(line, torch.tensor([2.0]))[0, 0]
        torch.testing.assert_close(seen, ((torch.arange(8.0) - 3.5) / 2 + 3.5).expand(6, 8))

    def test_zooming_out_lets_zeros_in(self) -> None:
        seen = changes.zoomed(torch.ones(1, 1, 8, 8), torch.tensor([0.5]))[0, 0]
        assert seen[0, 0] == 0
        assert torch.equal(seen[2:6, 2:6], torch.ones(4, 4))
        assert seen.sum() == pytest.approx(16, abs=1)

    def test_colour_is_brightness_then_saturation_then_contrast(self) -> None:
        x = images(2)
        added, saturation, contrast = torch.rand(3, 2, generator=chance(5))
        y = x + (added[:, None, None, None] - 0.5)
        grey = y.mean(dim=1, keepdim=True)
        y = grey + (y - grey) * 2 * saturation[:, None, None, None]
        mean = y.mean(dim=(1, 2, 3), keepdim=True)
        y = mean + (y - mean) * (contrast[:, None, None, None] + 0.5)
        torch.testing.assert_close(changes.colour(x, chance(5)), y)

    def test_a_hole_is_half_of_each_side_around_its_middle_as_far_as_it_lies_inside(self) -> None:
        seen = changes.holed(torch.ones(2, 1, 8, 8), torch.tensor([4, 0]), torch.tensor([4, 8]))
        truth = torch.ones(2, 1, 8, 8)
        truth[0, :, 2:6, 2:6] = 0
        truth[1, :, 0:2, 6:8] = 0
        assert torch.equal(seen, truth)

    @pytest.mark.parametrize("name", KINDS)
    def test_probability_0_is_the_identity_and_the_same_chance_gives_the_same_numbers(self, name: Any) -> None:
        x = images(8, width=6)
        assert torch.equal(changes.changed(x, (name,), 0.0, chance()), x)
        one, same, other = (changes.changed(x, (name,), 1.0, chance(seed)) for seed in (1, 1, 2))
        assert torch.equal(one, same)
        assert not torch.equal(one, other)

    @pytest.mark.parametrize("name", KINDS)
    def test_gradients_pass_once_and_twice(self, name: Any) -> None:
        x = images(2, 2, 4, 4).requires_grad_()

        def change(x: Tensor) -> Tensor:
            return changes.changed(x, (name,), 1.0, chance(4))

        assert torch.autograd.gradcheck(change, (x,))
        assert torch.autograd.gradgradcheck(change, (x,))


class TestLayer:
    def test_it_changes_in_training_only_and_counts_its_draws(self) -> None:
        layer, x = Augmentation(DIFFAUGMENT, 3, 1.0), images().float()
        one, other = layer(x), layer(x)
        assert not torch.equal(one, other)
        assert int(layer.draws) == 2
        layer.draws.zero_()
        assert torch.equal(layer(x), one)
        assert torch.equal(layer.eval()(x), x)
        assert int(layer.draws) == 1

    def test_what_stands_behind_the_colours_stays(self) -> None:
        x = images(4, 5).float()
        seen = Augmentation(DIFFAUGMENT, 3, 1.0)(x)
        assert torch.equal(seen[:, 3:], x[:, 3:])
        assert not torch.equal(seen[:, :3], x[:, :3])

    def test_the_probability_rises_and_falls_by_the_share_of_images_it_saw(self) -> None:
        """Four steps of 10 real images, of 100 that take it from 0 to 1."""
        layer = Augmentation(DIFFAUGMENT, 3, 1.0, target=0.6, images=100)
        assert float(layer.probability) == 0
        for step in range(EVERY):
            assert float(layer.probability) == 0, step
            layer.note(torch.ones(10))
            layer.adapt()
        assert float(layer.probability) == pytest.approx(0.4)
        for _ in range(EVERY):  # r_t = 0.5, below the target
            layer.note(torch.tensor([1.0] * 15 + [-1.0] * 5))
            layer.adapt()
        assert float(layer.probability) == 0
        for _ in range(4 * EVERY):
            layer.note(torch.ones(10))
            layer.adapt()
        assert float(layer.probability) == 1

    def test_at_the_target_it_stays(self) -> None:
        layer = Augmentation(DIFFAUGMENT, 3, 1.0, target=0.5, images=100)
        layer.probability.fill_(0.25)
        for _ in range(EVERY):
            layer.note(torch.tensor([1.0, 1.0, 1.0, -1.0]))
            layer.adapt()
        assert float(layer.probability) == 0.25

    def test_the_discriminator_behind_it_keeps_its_layers_names(self) -> None:
        net = nn.Sequential(nn.Identity(), nn.Linear(2, 1))
        assert [name for name, _ in augmented(net, Augmentation((), 1, 1.0)).named_children()] == ["augment", "0", "1"]


class TestObjectives:
    def test_those_whose_scores_above_0_mean_real(self) -> None:
        deciding = [objectives.minimax, objectives.heuristic, objectives.hinge, objectives.least_squares_pearson]
        deciding += [objectives.f_divergence("jensen_shannon"), objectives.f_divergence("total_variation")]
        assert all(decides_at_zero(objective) for objective in deciding)

    def test_those_without_a_boundary_at_0(self) -> None:
        others = [objectives.wasserstein, objectives.least_squares_labels, objectives.relativistic_paired]
        others += [objectives.f_divergence("kl"), objectives.energy_margin(10), objectives.boundary_equilibrium(1.0)]
        assert not any(decides_at_zero(objective) for objective in others)


def played(name: str, rounds: int, state: TrainingState | None = None, **fields: Any) -> TrainingState:
    return train(small(name, PICTURES, **fields), batches(PICTURES), rounds, rng=chance(), state=state)


class TestGames:
    @pytest.mark.parametrize("name", OWN)
    def test_games_with_discriminators_of_their_own_take_them_too(self, name: str) -> None:
        plain, changed = played(name, 1), played(name, 1, augment=DIFFAUGMENT)
        layer = augmentation_in(changed.nets["discriminator"])
        assert layer is not None
        assert int(layer.draws) >= 3  # real and generated in one turn, generated in the other
        assert differences(plain.state_dict()["nets"]["generator"], changed.state_dict()["nets"]["generator"])

    def test_no_change_plays_the_very_game_without_them(self) -> None:
        plain, changed = played("dcgan", 2), played("dcgan", 2, augment=DIFFAUGMENT, augment_probability=0.0)
        assert differences(plain.state_dict()["nets"]["generator"], changed.state_dict()["nets"]["generator"]) == []

    def test_resumed_equals_never_stopped_with_the_probability(self, tmp_path: Path) -> None:
        fields: dict[str, Any] = {"augment": KINDS, "augment_target": 0.1, "augment_images": 100}
        whole = played("hinge", 5, discriminator_steps=2, **fields)
        path = checkpoints.save(
            tmp_path / "three.safetensors", played("hinge", 3, discriminator_steps=2, **fields).state_dict()
        )
        game = small("hinge", PICTURES, discriminator_steps=2, **fields)
        state = start(game, batches(PICTURES), chance(99))
        state.load_state_dict(checkpoints.load(path))
        assert differences(train(game, state.batches, 5, rng=0, state=state).state_dict(), whole.state_dict()) == []
        layer = augmentation_in(whole.nets["discriminator"])
        assert layer is not None
        assert int(layer.steps) == 10
        assert whole.terms["augment_probability"] == pytest.approx(float(layer.probability))

    def test_the_generator_learns_through_them(self) -> None:
        state = played("dcgan", 1, augment=DIFFAUGMENT)
        game = state.game
        assert isinstance(game, NoiseGame)
        fake = torch.zeros(4, 1, 16, 16, requires_grad=True)
        (slope,) = torch.autograd.grad(game.objective.generator(state.nets["discriminator"](fake)), fake)
        assert bool((slope.flatten(1).norm(dim=1) > 0).all())

    def test_evolution_sees_them_too_with_either_engine(self) -> None:
        game = small("gan", PICTURES, augment=DIFFAUGMENT, family="dcgan")
        found = {}
        for engine in ("reference", "fast"):
            population = evolve(game, batches(PICTURES), 2, rng=chance(), engine=engine)
            layer = augmentation_in(population.discriminator)
            assert layer is not None
            assert int(layer.draws) == 4  # two steps, real and generated; what only judges is put back
            found[engine] = population.discriminator.state_dict()
        torch.testing.assert_close(found["reference"], found["fast"], rtol=1e-3, atol=1e-4)

    def test_evolution_finds_the_probability_too(self) -> None:
        game = small("gan", PICTURES, family="dcgan", augment=DIFFAUGMENT, augment_target=0.1, augment_images=100)
        population = evolve(game, batches(PICTURES), 4, rng=chance())
        layer = augmentation_in(population.discriminator)
        assert layer is not None
        assert int(layer.steps) == 4


class TestRefusals:
    def test_each_says_what_to_do(self) -> None:
        with pytest.raises(ValueError, match="no change of images is called 'color': did you mean colour"):
            make("dcgan", augment=("color",))
        with pytest.raises(LabError, match="expected augment_probability in"):
            make("dcgan", augment=("mirror",), augment_probability=1.5)
        with pytest.raises(LabError, match=r"there are none: give --augment"):
            make("dcgan", augment_target=0.6)
        with pytest.raises(LabError, match=r"the data is of shape \(2,\)"):
            make("gan", shape=(2,), augment=("mirror",))
        with pytest.raises(LabError, match="turn needs squares"):
            make("dcgan", shape=(1, 16, 32), augment=("turn",))
        with pytest.raises(LabError, match="details of a pyramid"):
            make("lapgan", augment=("mirror",))
        with pytest.raises(LabError, match=r"wasserstein has no such boundary"):
            make("wgan", augment=("mirror",), augment_target=0.6).players()
