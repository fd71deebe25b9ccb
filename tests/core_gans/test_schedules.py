"""Learning rates that fall: the formula, the optimisers that follow it, and a resume in the middle of the fall."""

from pathlib import Path

import pytest
import torch
from rich.console import Console

from core_gans.experiment import resume_training, run_training
from core_gans.foundation.errors import LabError
from core_gans.optimizers import SGD, Adam, Optimizer, RMSProp, Schedule
from core_gans.runs import checkpoints
from core_gans.session import Options, over_the_run
from core_gans.training import TrainingState, start, train
from core_gans.variants import VARIANTS, make
from tests.tiny import batches, differences, points, small

TINY = {"family": "mlp", "width": 4, "depth": 2, "latent": 3}
OPTIONS = Options("ring", count=60, batch=8, log_every=5, checkpoint_every=5, explain_every=0)


def rates(state: TrainingState) -> list[float]:
    return [group["lr"] for optimizer in state.optimizers for group in optimizer.param_groups]


def fresh(seed: int = 0, name: str = "gan", **fields: object) -> TrainingState:
    return start(small(name, points(), **fields), batches(points()), torch.Generator().manual_seed(seed))


def play(state: TrainingState, rounds: int) -> TrainingState:
    return train(state.game, state.batches, rounds, rng=state.rng, state=state)


def test_a_line_to_zero_a_root_and_a_floor() -> None:
    assert [Schedule(10).share(t) for t in (0, 1, 5, 10, 11, 1000)] == pytest.approx([1, 0.9, 0.5, 0, 0, 0])
    assert Schedule(10, to=0.2).share(5) == pytest.approx(0.6)
    assert Schedule(100, to=0.05, power=0.5).share(75) == pytest.approx(0.05 + 0.95 * 0.5)
    assert Schedule(8, power=3).share(4) == pytest.approx(1 / 8)


def test_a_schedule_over_no_rounds_is_the_turn_s_own_rate_whatever_a_checkpoint_brought() -> None:
    assert [Schedule().share(t) for t in (0, 10, 10**9)] == [1, 1, 1]
    parameters = [torch.nn.Parameter(torch.zeros(1))]
    optimizer = Adam(1e-3).build(parameters)
    optimizer.param_groups[0]["lr"] = 0.7
    Adam(1e-3).set_rate(optimizer, 5)  # as after ``resume --rate``
    assert optimizer.param_groups[0]["lr"] == 1e-3


@pytest.mark.parametrize(
    "fields", [{"rounds": -1}, {"rounds": 5, "to": 1.1}, {"to": -0.1}, {"rounds": 3, "power": 0.0}]
)
def test_a_fall_that_is_none_is_refused(fields: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"expected a learning rate that falls over 0 or more rounds"):
        Schedule(**fields)  # type: ignore[arg-type]


def test_a_fall_that_is_none_is_refused_by_the_game_at_once() -> None:
    with pytest.raises(ValueError, match=r"falls over 0 or more rounds to a share in \[0, 1\].*got 10 rounds, 2"):
        make("gan", fall_rounds=10, fall_to=2.0)


@pytest.mark.parametrize("kind", [Adam, RMSProp, SGD])
def test_every_optimiser_follows_the_schedule(kind: type[Optimizer]) -> None:
    optimiser = kind(rate=0.2, schedule=Schedule(10, to=0.1))
    built = optimiser.build([torch.nn.Parameter(torch.zeros(1)), torch.nn.Parameter(torch.ones(2))])
    for played, share in ((0, 1.0), (5, 0.55), (10, 0.1), (99, 0.1)):
        optimiser.set_rate(built, played)
        assert [group["lr"] for group in built.param_groups] == pytest.approx([0.2 * share])


@pytest.mark.parametrize("name", VARIANTS)
def test_both_players_rates_fall_by_the_formula(name: str) -> None:
    rates_of = {"rate": 0.01, "discriminator_rate": 0.04}
    falling = {"fall_rounds": 8, "fall_to": 0.2, "fall_power": 0.5, "fall_shape": "power"}  # r3gan's is a cosine
    state = fresh(name=name, **rates_of, **falling)
    for rounds in (1, 5, 8, 9, 12):  # the last played round followed rounds - 1 others
        play(state, rounds)
        share = 0.2 + 0.8 * max(0, 1 - (rounds - 1) / 8) ** 0.5
        assert rates(state) == pytest.approx([0.04 * share, 0.01 * share])


def test_the_rate_matters() -> None:
    assert differences(play(fresh(fall_rounds=4), 3).state_dict()["nets"], play(fresh(), 3).state_dict()["nets"])


@pytest.mark.parametrize("method", ["adam", "rmsprop", "sgd"])
def test_stopped_in_the_fall_and_resumed_equals_never_stopped_to_the_bit(method: str, tmp_path: Path) -> None:
    fields = {"method": method, "fall_rounds": 6}
    whole, part, resumed = (fresh(seed, **fields) for seed in (0, 0, 99))
    play(whole, 8)
    path = checkpoints.save(tmp_path / "three.safetensors", play(part, 3).state_dict())
    resumed.load_state_dict(checkpoints.load(path))
    play(resumed, 8)
    assert differences(resumed.state_dict(), whole.state_dict()) == []
    assert rates(resumed) == rates(whole)


def test_a_fall_over_the_run_needs_the_length_of_the_run() -> None:
    fields = {"fall_rounds": -1, "rate": 0.1}
    assert over_the_run(fields, 70) == {"fall_rounds": 70, "rate": 0.1}
    assert over_the_run(fields, None) == fields
    assert over_the_run({"fall_rounds": 5}, 70) == {"fall_rounds": 5}
    assert over_the_run({"rate": 0.1}, 70) == {"rate": 0.1}
    with pytest.raises(LabError, match=r"falls over the whole run needs its length in rounds: give --rounds\.$"):
        fresh(fall_rounds=-1)


def test_a_run_of_given_rounds_fills_in_the_fall_and_its_resumption_equals_never_stopped(tmp_path: Path) -> None:
    def run(name: str, rounds: int, **fields: int) -> TrainingState:
        given = {**TINY, "fall_rounds": -1, **fields}
        console = Console(quiet=True)
        return run_training(
            "lsgan", given, OPTIONS, rounds=rounds, runs_folder=tmp_path, name=name, console=console
        ).state

    whole = run("whole", 12)
    assert rates(whole) == pytest.approx([2e-4 * (0.05 + 0.95 * (1 / 12) ** 0.5)] * 2)
    run("part", 5, fall_rounds=12)
    resumed = resume_training(tmp_path / "part", rounds=12, console=Console(quiet=True)).state
    assert differences(resumed.state_dict(), whole.state_dict()) == []
    again = resume_training(tmp_path / "whole", rounds=14, console=Console(quiet=True)).state
    assert rates(again) == pytest.approx([2e-4 * 0.05] * 2)


def test_a_run_of_given_seconds_cannot_know_the_fall(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="needs its length in rounds: give --rounds") as caught:
        run_training(
            "gan", {**TINY, "fall_rounds": -1}, OPTIONS, seconds=1, runs_folder=tmp_path, console=Console(quiet=True)
        )
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("fall_to", "told"), [(0.0, "nothing is learned any more"), (0.05, "stay at 5% of what")])
def test_going_on_after_the_fall_is_told(fall_to: float, told: str, tmp_path: Path) -> None:
    fields = {**TINY, "fall_rounds": -1, "fall_to": fall_to}
    run_training("gan", fields, OPTIONS, rounds=3, runs_folder=tmp_path, name="a", console=Console(quiet=True))
    with (tmp_path / "said.txt").open("w") as said:
        resume_training(tmp_path / "a", rounds=3, console=Console(file=said))
        assert told not in (tmp_path / "said.txt").read_text()
        resume_training(tmp_path / "a", rounds=4, console=Console(file=said))
    assert told in (tmp_path / "said.txt").read_text()
