"""The Laplacian pyramid is exact, and each of its levels is a game of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from core_gans.data import Batches, as_float
from core_gans.data.digits import digits
from core_gans.foundation.errors import LabError
from core_gans.game import generate
from core_gans.losses.objectives import heuristic
from core_gans.metrics import Judge
from core_gans.networks.pyramid import (
    DetailDiscriminator,
    PyramidDiscriminator,
    PyramidGenerator,
    down,
    laplacian,
    rebuilt,
    side_shapes,
    up,
)
from core_gans.runs import checkpoints
from core_gans.training import start, take_turn, train
from core_gans.variants.lapgan import LAPGAN
from tests.tiny import all_equal, batches, chance, differences, pictures, weights

TINY: dict[str, Any] = {"shape": (1, 16, 16), "family": "mlp", "width": 4, "latent": 3, "depth": 1, "coarsest": 4}


class TestPyramid:
    @pytest.mark.parametrize("levels", [1, 2, 3])
    def test_the_levels_add_up_to_the_image(self, levels: int) -> None:
        """To 1e-6 in float32, and to the bit where the numbers are sums of few powers of two."""
        images = torch.rand(4, 3, 24, 16, generator=chance()) * 2 - 1
        torch.testing.assert_close(rebuilt(*laplacian(images, levels)), images, rtol=0, atol=1e-6)
        dyadic = torch.randint(-128, 129, (4, 3, 24, 16), generator=chance()).double() / 128
        assert torch.equal(rebuilt(*laplacian(dyadic, levels)), dyadic)

    def test_each_level_lacks_what_the_smaller_one_tells(self, rng: torch.Generator) -> None:
        images = torch.rand(4, 1, 16, 16, generator=rng)
        (finest, finer), smallest = laplacian(images, 2)
        assert torch.equal(smallest, down(down(images)))
        torch.testing.assert_close(finest, images - up(down(images)))
        torch.testing.assert_close(finer, down(images) - up(down(down(images))))

    def test_down_takes_means_and_up_leaves_a_plane_as_it_is(self) -> None:
        square = torch.tensor([[1.0, 2.0], [3.0, 6.0]])[None, None]
        assert down(square).item() == 3
        assert torch.equal(up(torch.full((1, 1, 2, 2), 0.5)), torch.full((1, 1, 4, 4), 0.5))
        line = up(torch.arange(4.0).expand(1, 1, 4, 4))[0, 0, 0]
        assert line.tolist() == [0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3]

    def test_sides_are_halved_while_they_are_even(self) -> None:
        assert side_shapes((3, 32, 32), 8) == [(3, 32, 32), (3, 16, 16), (3, 8, 8)]
        assert side_shapes((1, 28, 28), 4) == [(1, 28, 28), (1, 14, 14), (1, 7, 7)]
        assert side_shapes((1, 16, 8), 4) == [(1, 16, 8), (1, 8, 4)]
        assert side_shapes((1, 16, 16), 16) == [(1, 16, 16)]
        assert side_shapes((2,), 1) == [(2,)]


class Planted(nn.Module):
    """A level that draws what it is told, the noise at its place."""

    def __init__(self, detail: Tensor) -> None:
        super().__init__()
        self.detail = detail

    def forward(self, coarse: Tensor, noise: Tensor) -> Tensor:
        return self.detail.expand_as(coarse) + 0 * noise


class TestPlayers:
    def test_levels_that_draw_the_true_details_draw_the_true_image(self) -> None:
        images = torch.rand(1, 1, 16, 16, generator=chance()) * 2 - 1
        details, smallest = laplacian(images, 2)
        coarsest = nn.Sequential(nn.Linear(3, 16), nn.Unflatten(1, (1, 4, 4)))
        with torch.no_grad():
            coarsest[0].weight.zero_()
            coarsest[0].bias.copy_(smallest.flatten())
        player = PyramidGenerator(coarsest, 3, side_shapes((1, 16, 16), 4), width=4)
        for place, detail in enumerate(details):
            player.details[place] = Planted(detail)
        drawn = player(torch.randn(2, 3 + 64 + 256, generator=chance()))
        torch.testing.assert_close(drawn, images.expand(2, -1, -1, -1), rtol=0, atol=1e-6)

    def test_every_level_s_noise_moves_its_own_detail_alone(self, rng: torch.Generator) -> None:
        player = LAPGAN(**TINY).players()["generator"].eval()
        latents = LAPGAN(**TINY).latents(1, rng)
        assert latents.shape == (1, 3 + 64 + 256)
        before = player(latents)
        for place, (first, last) in enumerate(((0, 3), (3, 67), (67, 323))):
            other = latents.clone()
            other[:, first:last] = LAPGAN(**TINY).latents(1, chance(1))[:, first:last]
            assert not torch.equal(player(other), before), place
        coarse = up(player.coarsest(latents[:, :3]))
        pixel = latents.clone()
        pixel[:, 3] = -pixel[:, 3]  # the corner of the level of 8x8
        noises = (latents[:, 3:67], pixel[:, 3:67])
        one, other = (player.details[1](coarse, noise.unflatten(1, (1, 8, 8))) for noise in noises)
        moved = (one - other).abs()[0, 0] > 0
        assert moved[:7, :7].any()
        assert not moved[7:].any()  # three convolutions of side 5 reach six pixels
        assert not moved[:, 7:].any()

    def test_a_judge_s_slope_towards_the_condition_is_none(self, rng: torch.Generator) -> None:
        judge = DetailDiscriminator((2, 8, 8), width=4).eval()
        shown = torch.randn(3, 4, 8, 8, generator=rng, requires_grad=True)
        (slope,) = torch.autograd.grad(judge(shown).sum(), shown)
        assert slope[:, :2].any()
        assert not slope[:, 2:].any()
        other = torch.cat((shown[:, :2], -shown[:, 2:]), dim=1)
        assert not torch.allclose(judge(shown), judge(other))  # it looks at it all the same

    def test_an_image_s_score_is_the_mean_over_its_pyramid(self, rng: torch.Generator) -> None:
        player = LAPGAN(**TINY).players()["discriminator"].eval()
        assert isinstance(player, PyramidDiscriminator)
        images = torch.rand(3, 1, 16, 16, generator=rng)
        (finest, finer), smallest = laplacian(images, 2)
        shown = [torch.cat((finest, images - finest), 1), torch.cat((finer, down(images) - finer), 1)]
        scores = [player.coarsest(smallest), player.details[0](shown[0]), player.details[1](shown[1])]
        torch.testing.assert_close(player(images), torch.stack(scores).mean(dim=0))


class TestTheGame:
    def test_each_level_has_terms_of_its_own(self, rng: torch.Generator) -> None:
        state = start(LAPGAN(**TINY, r1=1.0), batches(pictures()), rng)
        train(state.game, state.batches, 1, rng=state.rng, state=state)
        names = {f"{term}{level}" for term in ("discriminator", "r1", "generator") for level in ("", "_8", "_16")}
        assert state.terms.keys() == names

    def test_the_terms_are_the_logistic_losses_of_real_and_drawn_pyramids(self, rng: torch.Generator) -> None:
        state = start(LAPGAN(**TINY), batches(pictures()), rng)
        for net in state.nets.values():
            net.eval()  # no dropout
        batch = next(state.batches)
        terms = state.game.turns()[0].loss(state.nets, batch, chance(5))
        noise = LAPGAN(**TINY).latents(8, chance(5))
        generator, judge = state.nets["generator"], state.nets["discriminator"]
        details, smallest = laplacian(batch.real, 2)
        truths = {"": (judge.coarsest(smallest), judge.coarsest(generator.coarsest(noise[:, :3])))}
        for level, (first, last) in enumerate(((67, 323), (3, 67))):
            side = 16 >> level
            coarse = down(batch.real) if level else batch.real
            coarse = coarse - details[level]
            drawn = generator.details[level](coarse, noise[:, first:last].unflatten(1, (1, side, side)))
            shown = (torch.cat((each, coarse), dim=1) for each in (details[level], drawn))
            truths[f"_{side}"] = tuple(judge.details[level](each) for each in shown)
        for name, (real, fake) in truths.items():
            torch.testing.assert_close(terms[f"discriminator{name}"], heuristic.discriminator(real, fake))

    def test_no_level_learns_from_another(self) -> None:
        game = LAPGAN(**TINY)
        state = start(game, batches(pictures()), chance())
        before = weights(state.nets["generator"])
        terms = game.generator_loss(state.nets, next(state.batches), chance())
        terms["generator_8"].backward()
        learning = {
            name.rsplit(".", 3)[0] for name, each in state.nets["generator"].named_parameters() if each.grad is not None
        }
        assert learning == {"details.1"}
        assert all_equal(before, weights(state.nets["generator"]))

    def test_one_level_is_the_plain_game(self, rng: torch.Generator) -> None:
        game = LAPGAN(**{**TINY, "coarsest": 16})
        state = start(game, batches(pictures()), rng)
        for turn, optimizer in zip(game.turns(), state.optimizers, strict=True):
            terms = take_turn(turn, state.nets, next(state.batches), optimizer, state.rng, state.compute)
            assert terms.keys() == {*turn.players}
        assert isinstance(state.nets["generator"], nn.Sequential)

    def test_a_family_that_draws_nothing_small_ends_the_pyramid(self) -> None:
        sides = [shape[1] for shape in LAPGAN(shape=(3, 64, 64), family="dcgan").shapes]
        assert sides == [64, 32, 16]
        assert [shape[1] for shape in LAPGAN(shape=(3, 64, 64)).shapes] == [64, 32, 16, 8]
        with pytest.raises(LabError, match="a coarsest level of at least 1 pixel a side, got 0"):
            LAPGAN(coarsest=0)

    def test_samples_run_through_all_levels(self, rng: torch.Generator) -> None:
        game = LAPGAN(**TINY)
        state = train(game, batches(pictures()), 2, rng=rng)
        drawn = game.sample(state.nets, 5, chance(1))
        assert drawn.shape == (5, 1, 16, 16)
        assert drawn.abs().max() <= 1
        assert torch.equal(drawn, generate(state.nets["generator"], game.latents(5, chance(1))))

    def test_stopped_and_resumed_equals_never_stopped_to_the_bit(self, tmp_path: Path) -> None:
        whole = train(LAPGAN(**TINY), batches(pictures()), 5, rng=chance())
        part = train(LAPGAN(**TINY), batches(pictures()), 2, rng=chance())
        path = checkpoints.save(tmp_path / "two.safetensors", part.state_dict())
        resumed = start(LAPGAN(**TINY), batches(pictures()), chance(9))
        resumed.load_state_dict(checkpoints.load(path))
        train(resumed.game, resumed.batches, 5, rng=resumed.rng, state=resumed)
        assert differences(resumed.state_dict(), whole.state_dict()) == []


def test_the_detail_of_digits_is_nearer_to_the_truth_than_none(rng: torch.Generator) -> None:
    """The trivial baseline: real digits of 8x8 pixels, enlarged. The level of 16x16 draws what they lack."""
    data = digits(16)
    judge = Judge(data, count=300, batch_size=300)
    game = LAPGAN(shape=(1, 16, 16), width=16, latent=8, depth=1, rate=1e-3)
    state = train(game, Batches(data, 16), 400, rng=rng)
    level = state.nets["generator"].get_submodule("details.0").eval()

    @torch.no_grad()
    def distance(drawn: bool) -> float:
        def draw(count: int) -> Tensor:
            which = torch.randint(len(data), (count,), generator=chance(2))
            coarse = up(down(as_float(data.images[which])))
            noise = torch.rand(count, 1, 16, 16, generator=chance(3)) * 2 - 1
            return (coarse + drawn * level(coarse, noise)).clamp(-1, 1)

        return judge(draw)["frechet[digits-cnn]"]

    assert distance(drawn=True) < 0.5 * distance(drawn=False)  # seeds 0, 1 and 2: 0.26, 0.19 and 0.22
