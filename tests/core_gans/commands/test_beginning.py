"""Commands begin with the recipe for their data, and on points with what the mixture asks for."""

from __future__ import annotations

import pytest
import torch

from core_gans.commands.beginning import options_for, points_in, suited, to_measure
from core_gans.commands.train import Train, train
from core_gans.data import KNOWN
from core_gans.data.known_maps import MAPS
from core_gans.data.points import RING
from core_gans.data.tasks import TASKS
from core_gans.data.texts.known import TEXTS
from core_gans.game import NoiseGame
from core_gans.paper_presets import PAPER, paper_fields
from core_gans.recipes import points_fields, recipe_for
from core_gans.session import Options
from core_gans.variants import DCGAN, GAN, SEQUENCES, TRANSLATIONS, VARIANTS, WGAN, StarGAN, make, variant
from egan.commands.evolve import Evolve, evolve


@pytest.mark.parametrize("words", [["--data", "ring"], ["--data=ring"], ["--data", "digits", "--data", "ring"]])
def test_points_begin_with_settings_for_points(words: list[str]) -> None:
    game, rounds = suited(GAN, words)
    common = points_fields("gan")
    assert (game.family, game.width, game.r1, game.rate) == ("mlp", common["width"], common["r1"], common["rate"])
    assert game.fall_to == RING.fields["fall_to"]
    assert game.fall_rounds == -1
    assert rounds == RING.rounds


def test_the_grid_is_seen_through_waves_and_learned_more_slowly() -> None:
    grid, ring = (suited(GAN, ["--data", name])[0] for name in ("grid", "ring"))
    assert (grid.fourier, ring.fourier) == (2, 0)
    assert grid.rate < ring.rate
    of_grid, of_ring = (suited(WGAN, ["--data", name])[0] for name in ("grid", "ring"))
    assert of_grid.rate == of_ring.rate < ring.rate  # a critic that is clipped has a slow rate of its own everywhere


def test_a_variant_keeps_its_own_settings_for_points() -> None:
    game, _ = suited(WGAN, ["--data", "ring"])
    assert (game.clip, game.discriminator_steps, game.r1) == (0.1, 5, 0)


@pytest.mark.parametrize("words", [[], ["--data", "digits"], ["--rounds", "5"], ["--data"], ["ring", "--name", "ring"]])
def test_other_data_begin_with_their_recipe(words: list[str]) -> None:  # by default the data are the digits
    recipe = recipe_for("dcgan", "grey")
    assert recipe is not None
    assert suited(DCGAN, words) == (DCGAN(**recipe.fields), None)
    assert points_in(words) is None


def test_a_bound_of_ones_own_is_left_alone() -> None:
    assert suited(GAN, ["--data", "ring", "--rounds", "7"])[1] is None


def test_rates_do_not_fall_over_a_run_of_unknown_length() -> None:
    game, rounds = suited(GAN, ["--data", "ring", "--seconds=5"])
    assert (game.fall_rounds, rounds) == (0, None)


@pytest.mark.parametrize("name", [*VARIANTS, *TRANSLATIONS, *SEQUENCES])
def test_what_no_data_are_named_for_begins_with_data_that_suit_it(name: str) -> None:
    kind = variant(name)
    command = train("core-gans train", [name])
    assert isinstance(command, Train)
    task, _, drawn = command.options.data.rpartition(":")
    held = "tokens" if drawn in TEXTS else KNOWN[drawn].kind
    assert held in kind.takes
    learns = getattr(kind, "learns_from", "")
    assert (task in TASKS) == (learns == "pairs" and held == "images")
    assert (task in MAPS) == (learns == "domains")
    if held == "tokens":
        assert (drawn == "toy_language") == (learns == "pairs")


class TestTranslations:
    @pytest.mark.parametrize("name", ["pix2pix", "cyclegan", "stargan"])
    @pytest.mark.parametrize(
        ("words", "measured"),
        [
            ([], ("width", "batch")),
            (["--seconds", "3600"], ("width", "batch")),
            (["--rounds", "5"], ("width", "batch")),
            (["--seconds", "20", "--width", "24"], ("batch",)),
            (["--seconds", "20", "--batch=16"], ("width",)),
            (["--width", "24", "--batch", "16"], ()),
            (["--preset", "paper"], ()),
        ],
    )
    def test_what_is_not_given_is_measured(self, name: str, words: list[str], measured: tuple[str, ...]) -> None:
        command = train("core-gans train", [name, *words])
        assert isinstance(command, Train)
        assert command.measured == measured

    def test_no_other_game_is_measured(self) -> None:
        assert to_measure(DCGAN, ["--seconds", "20"]) == ()
        assert options_for(StarGAN, ["--preset", "paper"]).batch == PAPER["stargan"].batch


class TestPaper:
    def test_fields_and_batch_are_the_paper_s_and_words_that_follow_come_first(self) -> None:
        command = train("core-gans train", ["dcgan", "--preset", "paper", "--data", "digits"])
        assert isinstance(command, Train)
        assert (command.game.width, command.options.batch) == (128, 128)
        command = train("core-gans train", ["dcgan", "--preset=paper", "--width", "8", "--batch", "4"])
        assert isinstance(command, Train)
        assert (command.game.width, command.options.batch) == (8, 4)

    def test_points_get_them_only_where_they_are_asked_for(self) -> None:
        assert suited(GAN, ["--data", "ring", "--preset", "paper"]) == (GAN(**paper_fields("gan")), RING.rounds)
        assert options_for(GAN, ["--data", "ring"]) == options_for(WGAN, ["--preset", "paper"]) == Options()
        assert suited(GAN, ["--data", "ring", "--preset", "variant"]) == (GAN(), RING.rounds)

    def test_an_evolution_judges_on_256_fakes(self) -> None:
        command = evolve("egan evolve", ["--preset", "paper"])
        assert isinstance(command, Evolve)
        assert (command.evolution.evaluation_size, command.session.batch, command.game.width) == (256, 128, 128)
        default = evolve("egan evolve", [])
        assert isinstance(default, Evolve)
        assert (default.evolution.evaluation_size, default.session) == (None, options_for(DCGAN, []))

    @pytest.mark.parametrize("name", PAPER)
    def test_each_differs_from_the_defaults_and_builds_networks(self, name: str) -> None:
        fields = paper_fields(name)
        default = make(name)
        assert all(getattr(default, field) != value for field, value in fields.items())
        assert PAPER[name].batch != Options().batch
        small = {"width": 2} if name not in ("gan", "dcgan") else {}
        game = make(name, **(fields | small))  # r3gan's paper has a width, too
        assert {"generator", "discriminator"} <= {*game.players()}

    def test_the_first_generator_has_1200_units_against_240(self) -> None:
        nets = make("gan", shape=(1, 28, 28), **paper_fields("gan")).players()
        sizes = [tuple(weight.shape) for weight in nets["generator"].parameters() if weight.dim() == 2]
        assert sizes == [(1200, 100), (1200, 1200), (784, 1200)]
        sizes = [tuple(weight.shape) for weight in nets["discriminator"].parameters() if weight.dim() == 2]
        assert sizes == [(5 * 240, 784), (5 * 240, 240), (1, 240)]
        with pytest.raises(ValueError, match=r"channels needs 2 positive numbers, one a hidden layer, got \(1200,\)"):
            make("gan", channels=(1200,)).players()

    def test_infogan_s_noise_is_uniform(self) -> None:
        game = make("infogan", **paper_fields("infogan"))
        assert isinstance(game, NoiseGame)
        noise = game.latents(2000, torch.Generator().manual_seed(0))[:, :62]
        assert noise.abs().max() <= 1
        assert noise.var().item() == pytest.approx(1 / 3, rel=0.02)

    def test_stargan_halves_and_doubles_by_kernels_of_four(self) -> None:
        game = make("stargan", shape=(3, 16, 16), width=2, blocks=1, **paper_fields("stargan"))
        assert isinstance(game, StarGAN)
        nets = game.players()
        kernels = {
            name.split(".")[1]: tuple(weight.shape[2:])
            for name, weight in nets["generator"].named_parameters()
            if name.split(".")[1][:2] in ("do", "up") and weight.dim() == 4
        }
        assert kernels == dict.fromkeys(("down1", "down2", "up1", "up2"), (4, 4))
        assert game.translate(nets, torch.zeros(2, 3, 16, 16), 1).shape == (2, 3, 16, 16)
        with pytest.raises(ValueError, match="expected resampling_kernel to be 3 or 4, got 5"):
            StarGAN(resampling_kernel=5)  # type: ignore[arg-type]
