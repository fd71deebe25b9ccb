"""A translation begins with the extent of which the machine plays rounds enough; the machine's speed is made up."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from rich.console import Console

from core_gans import experiment
from core_gans.data import Batches
from core_gans.experiment import run_training
from core_gans.foundation.errors import LabError
from core_gans.games.translators import Translator
from core_gans.runs import folder as runs
from core_gans.runs.playable import sketched
from core_gans.session import Options
from core_gans.training import TrainingState, start
from core_gans.translation import read_lesson
from core_gans.translation.extent import ENOUGH, EXTENTS, LONGEST, largest_extent, seconds_of_round
from core_gans.variants import Pix2Pix

GAME = Pix2Pix(shape=(1, 8, 8), width=2)
BOTH = ("width", "batch")


def machine(speed: float, tried: list[tuple[int, int]] | None = None) -> Callable[[Translator, int], float]:
    """A machine on which a round takes ``speed`` seconds with width 64 and batches of 64, and less in proportion."""

    def measured(game: Translator, batch: int) -> float:
        if tried is not None:
            tried.append((game.width, batch))
        return speed * (game.width / 64) ** 2 * batch / 64

    return measured


@pytest.mark.parametrize(
    ("speed", "budget", "chosen"),
    [
        (60.0, 60.0, (16, 4)),  # a round a minute
        (60.0, 600.0, (16, 4)),
        (60.0, 3600.0, (32, 8)),
        (60.0, 24 * 3600.0, (64, 64)),
        (13.0, 3600.0, (64, 16)),
        (0.05, 60.0, (64, 64)),  # a fast device
        (1e6, 20.0, (16, 4)),  # too slow for anything: the smallest
    ],
)
def test_the_largest_of_which_the_time_holds_rounds_enough(
    speed: float, budget: float, chosen: tuple[int, int]
) -> None:
    found = largest_extent(GAME, 64, BOTH, budget, machine(speed))
    assert (found.width, found.batch) == chosen
    assert found.seconds == machine(speed)(replace(GAME, width=found.width), found.batch)
    assert chosen == (16, 4) or found.seconds * ENOUGH <= budget


def test_the_first_that_is_too_slow_ends_the_trial() -> None:
    tried: list[tuple[int, int]] = []
    largest_extent(GAME, 64, BOTH, 600.0, machine(60.0, tried))
    assert tried == [(16, 4), (32, 8)]


def test_what_is_given_stays() -> None:
    tried: list[tuple[int, int]] = []
    assert largest_extent(GAME, 64, ("batch",), 1e9, machine(1.0, tried)).width == GAME.width
    assert tried == [(2, 4), (2, 8), (2, 16), (2, 64)]
    tried.clear()
    assert largest_extent(GAME, 10, ("width",), 1e9, machine(1.0, tried)).batch == 10
    assert tried == [(16, 10), (32, 10), (64, 10)]  # each once


def test_what_memory_does_not_hold_is_not_chosen() -> None:
    def measured(game: Translator, batch: int) -> float:
        if game.width > 32:
            raise LabError("too large")
        return 0.0

    found = largest_extent(GAME, 64, BOTH, 60.0, measured)
    assert (found.width, found.batch) == (32, 8)
    with pytest.raises(LabError, match="too large"):
        largest_extent(replace(GAME, width=40), 64, ("batch",), 60.0, measured)


def a_state() -> TrainingState:
    lesson = read_lesson("pairs", "inpainting:digits", size=8, count=20)
    game = Pix2Pix(**lesson.fields({"width": 2, "patch_layers": 1}))
    return start(game, Batches(lesson.learned, 2, 0), torch.Generator().manual_seed(0))


def test_a_round_is_timed_after_a_first_one_and_a_slow_first_one_is_enough() -> None:
    def clock(*times: float) -> Callable[[], float]:
        return iter(times).__next__

    state = a_state()
    assert seconds_of_round(state, 10.0, clock(0, 9, 10, 14, 20, 23)) == 3
    assert seconds_of_round(state, 4.0, clock(0, 9)) == 9


@pytest.mark.parametrize(
    ("bounds", "budget"),
    [({"rounds": 1, "seconds": 20.0}, 20.0), ({"rounds": 1}, LONGEST)],
)
def test_a_run_begins_with_it_says_so_and_equals_one_that_was_told(
    bounds: dict[str, float], budget: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []

    def timed(state: TrainingState, enough: float) -> float:
        asked.append(enough)
        assert isinstance(state.game, Translator)
        return 2 * enough if state.game.width > 16 else enough / 2

    monkeypatch.setattr(experiment, "seconds_of_round", timed)
    options = Options(data="inpainting:digits", size=8, count=40, average=0, explain_every=0)
    said = io.StringIO()
    console = Console(file=said, width=200, markup=False)
    fields = asdict(Pix2Pix(patch_layers=1))
    found = run_training(
        "pix2pix", fields, options, runs_folder=tmp_path, name="a", console=console, measured=BOTH, **bounds
    )
    assert asked == [budget / ENOUGH] * 2
    assert "note: begins with --width 16 and --batch 4: a round took" in said.getvalue()
    assert f"so {budget:,.0f} seconds hold about {2 * ENOUGH:,}" in said.getvalue()
    config = runs.read_config(found.folder)
    assert (config["fields"]["width"], config["options"]["batch"]) == (16, 4)
    told = replace(options, batch=4)
    again = run_training("pix2pix", {**fields, "width": 16}, told, runs_folder=tmp_path, name="b", **bounds)
    ours, theirs = (each.state.nets["generator"].state_dict() for each in (found, again))
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_a_checkpoint_of_the_smallest_is_small() -> None:
    nets = sketched(replace(GAME, width=EXTENTS[0].width, shape=(3, 64, 64)))
    assert nets is not None
    weights = {name: sum(each.numel() for each in net.parameters()) for name, net in nets.items()}
    kept = 4 * (3 * sum(weights.values()) + weights["generator"])  # with Adam's moments, and the average
    assert 25e6 < kept < 40e6
