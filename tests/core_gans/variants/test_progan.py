"""Progressive growing as a game: its schedule, its terms, exact resume inside a fade, and what its judge sees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from core_gans.data import Batches, Examples
from core_gans.data.digits import digits
from core_gans.foundation.errors import LabError
from core_gans.game import Batch
from core_gans.metrics import Judge
from core_gans.networks.growth import Growth
from core_gans.runs import checkpoints
from core_gans.runs.averaging import Average
from core_gans.runs.watchers import Watcher
from core_gans.training import TrainingState, start, train
from core_gans.variants.progan import ProGAN, as_coarse, drifting, growths
from tests.tiny import chance, differences, pictures

TINY: dict[str, Any] = {"shape": (1, 16, 16), "width": 4, "latent": 8}


def twice(maps: Tensor) -> Tensor:
    return maps.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)


class TestTheGame:
    def test_its_numbers_are_the_paper_s(self) -> None:
        game = ProGAN()
        for turn in game.turns():
            assert (turn.optimizer.rate, turn.times) == (1e-3, 1)
            assert turn.optimizer == type(turn.optimizer)(1e-3, 0.0, 0.99)  # type: ignore[call-arg]
        assert (game.gradient_penalty, game.drift, game.latent) == (10, 1e-3, 512)

    def test_the_drift_is_a_thousandth_of_the_mean_square_of_real_scores(self) -> None:
        real, fake = torch.tensor([30.0, -10.0]), torch.tensor([7.0, 1.0])
        assert drifting(1e-3).discriminator(real, fake).item() == pytest.approx(4 - 10 + 1e-3 * 500)
        assert drifting(0.0).discriminator(real, fake).item() == -6
        assert drifting(1e-3).generator(fake).item() == -4

    def test_stages_follow_the_share_of_the_run(self, rng: torch.Generator) -> None:
        game = ProGAN(**TINY, growing=0.8, fading=0.5)
        state = start(game, Batches(pictures(), 4), rng)
        seen = []
        for tenth in range(11):
            game.begin_round(state.nets, tenth / 10)
            (one, other) = growths(state.nets)
            assert (one.side, one.alpha) == (other.side, other.alpha)
            seen.append((one.side, round(one.alpha, 3)))
        # two stages are to come, so each takes 0.4 of the run, and fades for 0.2 of it
        halves = [(8, 0.0), (8, 0.5), (8, 1.0), (8, 1.0), (16, 0.0), (16, 0.5)]
        assert seen == [(4, 1.0)] * 4 + halves + [(16, 1.0)]
        assert game.observe(state.nets) == {"side": 16, "alpha": 1}

    def test_after_the_share_the_last_stage_begins_and_after_all_of_the_run_never(self, rng: torch.Generator) -> None:
        def at_the_end(growing: float, rounds: int, of: int) -> tuple[int, float]:
            game = ProGAN(**TINY | {"shape": (1, 32, 32)}, growing=growing)
            nets = start(game, Batches(pictures(size=32), 4), rng).nets
            for each in range(rounds):
                game.begin_round(nets, each / of)
            return growths(nets)[0].side, growths(nets)[0].alpha

        assert [at_the_end(0.6, rounds + 1, 100) for rounds in (59, 60, 70)] == [(16, 1), (32, 0), (32, 1)]
        assert at_the_end(1, 100, 100) == (16, 1)

    def test_stages_of_so_many_rounds_need_no_length_of_the_run(self, rng: torch.Generator) -> None:
        game = ProGAN(**TINY, stage_rounds=4, fading=1.0)
        state = start(game, Batches(pictures(), 4), rng)
        seen = []
        for _ in range(14):
            game.begin_round(state.nets, 0.0)
            seen.append((growths(state.nets)[0].side, growths(state.nets)[0].alpha))
        fade = [0, 0.25, 0.5, 0.75]
        assert seen == [(4, 1)] * 4 + [(8, alpha) for alpha in fade] + [(16, alpha) for alpha in fade] + [(16, 1)] * 2

    def test_what_has_grown_stays_when_a_run_goes_on_for_longer(self) -> None:
        state = grown(Batches(pictures(), 4), 6)
        assert growths(state.nets)[0].side == 16
        train(state.game, state.batches, 30, rng=state.rng, state=state)
        assert growths(state.nets)[0].side == 16

    def test_a_run_of_unknown_length_grows_by_its_rounds(
        self, monkeypatch: pytest.MonkeyPatch, rng: torch.Generator
    ) -> None:
        monkeypatch.setattr("core_gans.variants.progan.STAGE_ROUNDS", 2)
        game = ProGAN(**TINY, fading=0.5)
        state = start(game, Batches(pictures(), 4), rng)
        seen = []
        for _ in range(6):
            game.begin_round(state.nets, 0.0)
            seen.append((growths(state.nets)[0].side, growths(state.nets)[0].alpha))
        assert seen == [(4, 1), (4, 1), (8, 0), (8, 1), (16, 0), (16, 1)]
        state = grown(Batches(pictures(), 4), 6)  # and afterwards for some seconds more
        train(state.game, state.batches, None, rng=state.rng, state=state, seconds=60, watchers=[Stop()])
        assert (state.round, growths(state.nets)[0].side) == (7, 16)

    @pytest.mark.parametrize(
        "fields", [{"drift": -1}, {"growing": 0}, {"growing": 1.5}, {"fading": 2}, {"stage_rounds": -1}]
    )
    def test_numbers_out_of_range_are_refused(self, fields: dict[str, float]) -> None:
        with pytest.raises(LabError, match=r"expected .* got"):
            ProGAN(**fields)  # type: ignore[arg-type]

    def test_real_images_have_as_much_of_the_newest_detail_as_alpha(self, rng: torch.Generator) -> None:
        real = torch.randn(3, 1, 16, 16, generator=rng)
        growth = Growth(3)
        coarse = {1: twice(twice(F.avg_pool2d(real, 4))), 2: twice(F.avg_pool2d(real, 2))}
        for stage in (1, 2):
            for alpha in (0.0, 0.25, 1.0):
                growth.set(stage, alpha)
                wanted = (1 - alpha) * coarse[stage] + alpha * real
                torch.testing.assert_close(as_coarse(real, {"generator": growth}), wanted)

    def test_a_family_that_does_not_grow_plays_without_growth(self) -> None:
        game = ProGAN(shape=(2,), family="mlp", width=4, latent=2, depth=1)
        state = start(game, Batches(Examples("noise", torch.randn(20, 2, generator=chance())), 4), chance())
        train(game, state.batches, 2, rng=state.rng, state=state)
        assert state.terms.keys() == {"discriminator", "gradient_penalty", "generator"}

    def test_reals_are_coarse_in_the_loss_while_a_stage_fades(self, rng: torch.Generator) -> None:
        state = start(ProGAN(**TINY), Batches(pictures(), 4), rng)
        batch = next(state.batches)
        coarse = Batch(twice(F.avg_pool2d(batch.real, 2)), batch.label)
        for alpha, same in ((0.0, True), (1.0, False)):
            for growth in growths(state.nets):
                growth.set(2, alpha)
            losses = [state.game.turns()[0].loss(state.nets, each, chance(1)) for each in (batch, coarse)]
            equal = [torch.allclose(losses[0][name], losses[1][name], atol=1e-5) for name in losses[0]]
            assert all(equal) == same


def grown(batches: Batches, rounds: int, until: int | None = None) -> TrainingState:
    """A run of ``rounds``, of which ``until`` are played."""
    state = start(ProGAN(**TINY), batches, chance())
    for _ in range(rounds if until is None else until):
        play(state, rounds)
    return state


def play(state: TrainingState, rounds: int) -> None:
    """One round of a run of ``rounds``."""
    train(state.game, state.batches, rounds, rng=state.rng, state=state, watchers=[Stop()])


class Stop(Watcher):
    """Ends training after the round, as Ctrl-C does."""

    def after_round(self, state: Any) -> None:
        state.stop = True


def test_a_run_stopped_in_the_middle_of_a_fade_resumes_to_the_bit(tmp_path: Path) -> None:
    whole = grown(Batches(pictures(), 4), 20)
    part = grown(Batches(pictures(), 4), 20, until=9)
    assert 0 < growths(part.nets)[0].alpha < 1
    path = checkpoints.save(tmp_path / "nine.safetensors", part.state_dict())
    resumed = start(ProGAN(**TINY), Batches(pictures(), 4), chance(99))
    resumed.load_state_dict(checkpoints.load(path))
    for _ in range(11):
        play(resumed, 20)
    assert differences(resumed.state_dict(), whole.state_dict()) == []


def test_the_average_of_weights_stands_at_the_stage_of_the_generator(rng: torch.Generator) -> None:
    average = Average(decay=0.9)
    state = start(ProGAN(**TINY), Batches(pictures(), 4), rng)
    train(state.game, state.batches, 10, rng=state.rng, state=state, watchers=[average])
    assert average.shadow is not None
    shadow, own = average.shadow.get_submodule("growth"), state.nets["generator"].get_submodule("growth")
    assert isinstance(shadow, Growth)
    assert isinstance(own, Growth)
    assert torch.equal(shadow.stage, own.stage)
    assert torch.equal(shadow.parts, own.parts)


def test_it_grows_to_sixteen_pixels_and_nearer_to_the_digits(rng: torch.Generator) -> None:
    data = digits(16)
    judge = Judge(data, count=300, batch_size=300)
    game = ProGAN(shape=(1, 16, 16), width=8, latent=16, rate=2e-3)
    state = start(game, Batches(data, 16), rng)

    def distance() -> float:
        return judge(lambda count: game.sample(state.nets, count, chance(1)))["frechet[digits-cnn]"]

    assert distance() > 400
    train(game, state.batches, 200, rng=state.rng, state=state)
    assert growths(state.nets)[0].side == 16
    assert distance() < 120  # seeds 0, 1 and 2: 63, 90 and 61
