"""The loop: who learns when, from which batch, what is counted, and what a bound means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor, nn

from core_gans.compute import Compute
from core_gans.data import Batches, Examples
from core_gans.foundation.errors import DivergedError, LabError
from core_gans.game import Batch, Game, Nets, Turn
from core_gans.optimizers import SGD, Adam, RMSProp
from core_gans.runs.watchers import Watcher
from core_gans.training import TrainingState, fresh_players, play_round, start, train
from tests.tiny import batches, pictures, points, small

NUMBERS = Examples("numbers", torch.arange(12.0).view(12, 1))


@dataclass(frozen=True)
class Duel(Game):
    """Two numbers that descend (x - mean of the batch)^2 / 2, and a diary of what happened."""

    name: ClassVar[str] = "duel"
    paper: ClassVar[str] = "none"

    first_steps: int = 3
    diary: list[Any] = field(default_factory=list)

    def players(self) -> dict[str, nn.Module]:
        return {name: nn.Linear(1, 1, bias=False) for name in ("first", "second")}

    def turns(self) -> tuple[Turn, ...]:
        return (
            Turn(("first",), self.loss_of("first"), SGD(0.5, momentum=0), self.first_steps, self.after),
            Turn(("second",), self.loss_of("second"), SGD(1.0, momentum=0)),
        )

    def loss_of(self, name: str) -> Callable[[Nets, Batch, torch.Generator], dict[str, Tensor]]:
        def loss(nets: Nets, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
            learning = {player for player, net in nets.items() for p in net.parameters() if p.requires_grad}
            self.diary.append((name, batch.real.flatten().tolist(), learning))
            (weight,) = nets[name].parameters()
            half = (weight.squeeze() - batch.real.mean()).square() / 4
            return {f"{name}/one": half, f"{name}/two": half}

        return loss

    def after(self, nets: Nets) -> None:
        self.diary.append("after")

    def begin_round(self, nets: Nets, progress: float) -> None:
        self.diary.append(progress)


def value(state: TrainingState, player: str) -> float:
    (weight,) = state.nets[player].parameters()
    return weight.item()


def test_a_round_is_its_turns_in_order_with_fresh_batches_for_further_steps(rng: torch.Generator) -> None:
    game = Duel()
    stream = Batches(NUMBERS, 4)
    expected = [next(stream).real.flatten().tolist() for _ in range(3)]
    state = train(game, Batches(NUMBERS, 4), 1, rng=rng)
    one, two, three = expected
    assert game.diary == [
        0.0,
        ("first", one, {"first"}),
        "after",
        ("first", two, {"first"}),
        "after",
        ("first", three, {"first"}),
        "after",
        ("second", three, {"second"}),
    ]
    assert sorted(one + two + three) == list(range(12))
    assert state.batches.position == 3


def test_a_step_descends_the_sum_of_the_named_terms(rng: torch.Generator) -> None:
    state = start(Duel(first_steps=1), Batches(NUMBERS, 12), rng)  # every batch has the mean 5.5
    first = value(state, "first")
    terms = play_round(state)
    assert value(state, "first") == pytest.approx(first - 0.5 * (first - 5.5), rel=1e-5)
    assert value(state, "second") == pytest.approx(5.5)  # one whole step
    assert terms["first/one"] == terms["first/two"] == pytest.approx((first - 5.5) ** 2 / 4, rel=1e-5)
    assert set(terms) == {"first/one", "first/two", "second/one", "second/two"}


def test_progress_goes_from_zero_towards_one(rng: torch.Generator) -> None:
    game = Duel(first_steps=1)
    train(game, Batches(NUMBERS, 4), 4, rng=rng)
    assert [entry for entry in game.diary if isinstance(entry, float)] == [0, 0.25, 0.5, 0.75]


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_images_seen_counts_the_real_examples_that_were_drawn(steps: int, rng: torch.Generator) -> None:
    state = train(small("dcgan", points(), discriminator_steps=steps), batches(points()), 3, rng=rng)
    assert state.images_seen == 3 * steps * 8 == state.batches.position * state.batches.size


class TestBounds:
    def test_rounds_are_counted_in_all(self, rng: torch.Generator) -> None:
        state = train(Duel(), Batches(NUMBERS, 4), 2, rng=rng)
        again = train(state.game, state.batches, 5, rng=rng, state=state)
        assert again is state
        assert state.round == 5
        train(state.game, state.batches, 3, rng=rng, state=state)
        assert state.round == 5

    def test_seconds_end_a_run_that_has_no_rounds(self, rng: torch.Generator) -> None:
        assert train(Duel(), Batches(NUMBERS, 4), None, rng=rng, seconds=0).round == 0
        assert train(Duel(), Batches(NUMBERS, 4), 10**9, rng=rng, seconds=0.01).round < 10**9

    def test_no_bound_at_all_is_refused(self, rng: torch.Generator) -> None:
        with pytest.raises(ValueError, match="give rounds, seconds or both"):
            train(Duel(), Batches(NUMBERS, 4), None, rng=rng)


class Diarist(Watcher):
    def __init__(self, diary: list[str], name: str, breaks: str = "") -> None:
        self.diary, self.who, self.breaks = diary, name, breaks

    def note(self, what: str) -> None:
        self.diary.append(f"{self.who} {what}")
        if what == self.breaks:
            raise RuntimeError(f"{self.who} broke")

    def begin(self, state: Any, rounds: int | None, seconds: float | None) -> None:
        self.note(f"begins {rounds} {seconds}")

    def after_round(self, state: Any) -> None:
        self.note(f"sees {state.round}")

    def end(self, state: Any) -> None:
        self.note("ends")


class TestWatchers:
    def test_they_look_in_their_order_and_end_in_the_opposite_one(self, rng: torch.Generator) -> None:
        diary: list[str] = []
        train(Duel(), Batches(NUMBERS, 4), 2, rng=rng, watchers=[Diarist(diary, "a"), Diarist(diary, "b")])
        assert diary == [
            *("a begins 2 None", "b begins 2 None"),
            *("a sees 1", "b sees 1", "a sees 2", "b sees 2"),
            *("b ends", "a ends"),
        ]

    def test_one_that_breaks_keeps_nobody_from_ending(self, rng: torch.Generator) -> None:
        diary: list[str] = []
        watchers = [Diarist(diary, "a"), Diarist(diary, "b", breaks="ends"), Diarist(diary, "c", breaks="sees 1")]
        with pytest.raises(RuntimeError, match="b broke"):
            train(Duel(), Batches(NUMBERS, 4), 2, rng=rng, watchers=watchers)
        assert diary[-3:] == ["c ends", "b ends", "a ends"]

    def test_one_of_them_can_stop_the_run_after_a_round(self, rng: torch.Generator) -> None:
        class Stop(Watcher):
            def after_round(self, state: Any) -> None:
                state.stop = state.round == 3

        state = train(Duel(), Batches(NUMBERS, 4), 100, rng=rng, watchers=[Stop()])
        assert state.round == 3
        assert train(state.game, state.batches, 5, rng=rng, state=state).round == 5

    def test_a_round_that_breaks_is_not_counted_and_is_no_moment_to_save(self, rng: torch.Generator) -> None:
        seen = []

        class AtTheEnd(Watcher):
            def end(self, state: Any) -> None:
                seen.append(state.mid_round)

        broken = Examples("broken", torch.full((12, 1), torch.inf))
        with pytest.raises(DivergedError, match="the loss of the first became inf"):
            train(Duel(), Batches(broken, 4), 2, rng=rng, watchers=[AtTheEnd()])
        train(Duel(), Batches(NUMBERS, 4), 2, rng=rng, watchers=[AtTheEnd()])
        assert seen == [True, False]


def test_players_are_initialised_from_the_rng_alone(rng: torch.Generator) -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    one = fresh_players(Duel(), torch.Generator().manual_seed(1))
    same = fresh_players(Duel(), torch.Generator().manual_seed(1))
    other = fresh_players(Duel(), torch.Generator().manual_seed(2))
    assert torch.equal(before, torch.get_rng_state())
    numbers = [[net.weight.item() for net in nets.values()] for nets in (one, same, other)]
    assert numbers[0] == numbers[1] != numbers[2]


def test_optimizers_are_built_with_the_numbers_they_name() -> None:
    parameters = [nn.Parameter(torch.ones(1))]
    adam = Adam(3e-4, 0.1, 0.7).build(parameters)
    assert isinstance(adam, torch.optim.Adam)
    assert (adam.defaults["lr"], adam.defaults["betas"]) == (3e-4, (0.1, 0.7))
    rmsprop = RMSProp(5e-5).build(parameters)
    assert isinstance(rmsprop, torch.optim.RMSprop)
    assert (rmsprop.defaults["lr"], rmsprop.defaults["momentum"]) == (5e-5, 0)
    sgd = SGD(0.2, 0.9).build(parameters)
    assert isinstance(sgd, torch.optim.SGD)
    assert (sgd.defaults["lr"], sgd.defaults["momentum"]) == (0.2, 0.9)


@pytest.mark.parametrize("method", ["adam", "sgd"])
def test_saved_moments_go_on_with_the_options_of_the_game(method: str, rng: torch.Generator) -> None:
    data = points()
    first = train(small("gan", data, method=method, beta1=0.25), batches(data), 1, rng=rng)
    state = start(small("gan", data, method=method, beta1=0.75), batches(data), rng)
    state.load_state_dict(first.state_dict())
    (group,) = state.optimizers[0].param_groups
    assert (group["betas"][0] if method == "adam" else group["momentum"]) == 0.75
    assert group["params"][0] is next(state.nets["discriminator"].parameters())
    moment = "exp_avg" if method == "adam" else "momentum_buffer"
    ours, theirs = (next(iter(each.optimizers[0].state.values()))[moment] for each in (state, first))
    assert torch.equal(ours, theirs)


class TestCompute:
    def test_bf16_and_channels_last_play_the_same_game_nearly(self) -> None:
        def terms(compute: Compute) -> dict[str, Any]:
            game = small("dcgan", pictures(), width=8)
            return train(game, batches(pictures()), 1, rng=torch.Generator().manual_seed(1), compute=compute).terms

        exact, fast = terms(Compute()), terms(Compute(bf16=True, channels_last=True))
        assert exact.keys() == fast.keys()
        for name in exact:
            assert fast[name] == pytest.approx(exact[name], rel=0.03, abs=0.03)
            assert fast[name] != exact[name]

    def test_weights_stay_in_float32_and_images_lie_with_channels_last(self) -> None:
        compute = Compute(bf16=True, channels_last=True)
        state = train(
            small("dcgan", pictures()), batches(pictures()), 1, rng=torch.Generator().manual_seed(1), compute=compute
        )
        for net in state.nets.values():
            assert {parameter.dtype for parameter in net.parameters()} == {torch.float32}
        kernel = state.nets["discriminator"].get_submodule("block4")[0].weight
        assert kernel.is_contiguous(memory_format=torch.channels_last)

    @pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
    def test_a_missing_gpu_is_named(self) -> None:
        with pytest.raises(LabError, match=r"--device cuda:1 needs a GPU.*use --device cpu"):
            Compute("cuda:1")
