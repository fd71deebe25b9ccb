"""Evolutions in the background: looked at while they run, paused, resumed, stopped, continued, thrown away."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from core_gans.foundation.errors import LabError
from core_gans.models import model_of_run
from core_gans.runs import checkpoints
from core_gans.runs import folder as runs
from core_gans.runs.folder import numbered
from demos.evolve.evolution_queue import EvolutionQueue
from demos.evolve.evolving import Evolving
from demos.evolve.kept_places import KeptPlace, KeptPlaces
from demos.evolve.opening import continuable, opened
from demos.evolve.places import RESTARTED, EvolutionPlaces
from demos.evolve.requests import EvolutionRequest
from demos.evolve.settings import SETTINGS
from demos.evolve.snapshots import EvolutionSnapshot
from demos.model_store import ModelStore
from egan.__main__ import main as egan
from egan.experiment import run_evolution
from egan.options import Evolution
from tests.tiny import differences

PATIENCE = 120.0  # seconds
TWO = ("heuristic", "least_squares")


@pytest.fixture
def evolutions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EvolutionQueue]:
    """A queue for two, whose ring is small and quick."""
    small = SETTINGS["ring"]
    options = dataclasses.replace(small.options, count=500, batch=8)
    fields = {"width": 8, "latent": 2}
    monkeypatch.setitem(SETTINGS, "ring", dataclasses.replace(small, fields=fields, options=options, judge_every=2))
    made = EvolutionQueue(tmp_path / "runs")
    yield made
    made.close()


def wait(evolving: Evolving, until: Callable[[EvolutionSnapshot], bool]) -> EvolutionSnapshot:
    end = time.monotonic() + PATIENCE
    while not until(evolving.snapshot):
        assert time.monotonic() < end, evolving.snapshot
        time.sleep(0.02)
    return evolving.snapshot


def paused(evolving: Evolving) -> EvolutionSnapshot:
    evolving.pause()
    evolving.join(PATIENCE)
    assert evolving.snapshot.phase == "paused"
    return evolving.snapshot


def state_of(folder: Path) -> dict[str, Any]:
    """All that the newest checkpoint holds of the population and its weight average."""
    content = checkpoints.load(numbered(folder / "checkpoints", "safetensors")[-1])
    return {"state": content["state"], "average": content["watchers"]["average"]}


def test_it_can_be_watched_and_stopped(evolutions: EvolutionQueue, tmp_path: Path) -> None:
    evolving = evolutions.start(EvolutionRequest(mutations=TWO, parents=2, gamma=0.1, seconds=300))
    first = wait(evolving, lambda snapshot: snapshot.generation >= 2)
    assert first.phase == "evolving"
    assert first.points is not None
    assert len(first.points.modes) == 8
    later = wait(evolving, lambda snapshot: snapshot.generation > first.generation)
    assert later.number > first.number
    assert sum(later.wins.values()) == later.generation
    assert set(later.wins) <= set(TWO)
    assert later.curves_shown is not None
    assert {place.record.generation for place in later.tree} <= set(range(later.generation + 1))
    assert sum(place.record.generation == later.generation for place in later.tree) == 4  # two children of two parents
    assert [judged.generation for judged in later.judged] == list(range(2, later.generation + 1, 2))
    assert later.judged[-1].numbers.keys() >= {"modes_covered", "high_quality_share"}

    evolving.stop()
    evolving.join(PATIENCE)
    over = evolving.snapshot
    assert over.phase == "stopped"
    assert not evolving.running
    assert over.after.keys() == over.before.keys() >= {"modes_covered"}
    config = runs.read_config(evolving.folder)
    assert evolving.folder.parent == tmp_path / "runs"
    assert config["evolution"]["parents"] == 2
    assert config["evolution"]["mutations"] == list(TWO)
    assert model_of_run(evolving.folder).card["rounds"] == over.generation
    assert (evolving.folder / "evolution.png").is_file()


@pytest.mark.parametrize("selection", ["best", "tournament"])
def test_paused_and_resumed_equals_never_paused(evolutions: EvolutionQueue, tmp_path: Path, selection: str) -> None:
    request = EvolutionRequest(mutations=TWO, parents=2, selection=selection, seconds=300)
    evolving = evolutions.start(request)
    wait(evolving, lambda snapshot: snapshot.generation >= 2)
    first = paused(evolving)
    evolutions.go_on(evolving)
    assert evolving.running
    wait(evolving, lambda snapshot: snapshot.generation > first.generation)
    second = paused(evolving)
    assert second.planned == 300
    assert second.seconds > first.seconds
    assert [judged.generation for judged in second.judged] == list(range(2, second.generation + 1, 2))

    setting = SETTINGS["ring"]
    straight = run_evolution(
        setting.variant,
        dict(setting.fields),
        setting.options,
        request.evolution(),
        rounds=second.generation,
        runs_folder=tmp_path / "straight",
        console=Console(quiet=True),
    )
    assert differences(state_of(evolving.folder), state_of(straight.folder)) == []


def test_it_ends_by_itself_and_goes_on_when_asked(evolutions: EvolutionQueue) -> None:
    evolving = evolutions.start(EvolutionRequest(seconds=1))
    evolving.join(PATIENCE)
    first = evolving.snapshot
    assert first.phase == "finished"
    evolutions.go_on(evolving, more=1.0)
    evolving.join(PATIENCE)
    assert evolving.snapshot.phase == "finished"
    assert evolving.snapshot.generation > first.generation
    assert evolving.snapshot.planned > first.planned
    assert evolving.snapshot.before == first.before


def test_the_command_line_goes_on_with_a_run_and_a_page_with_its(evolutions: EvolutionQueue) -> None:
    evolving = evolutions.start(EvolutionRequest(mutations=TWO, seconds=300))
    wait(evolving, lambda snapshot: snapshot.generation >= 2)
    reached = paused(evolving).generation
    egan(["resume", str(evolving.folder), "--rounds", str(reached + 3)])

    store = ModelStore(evolutions.runs_folder)
    ((title, key),) = continuable(store)
    assert key == evolving.folder.name
    assert f"generation {reached + 3} " in title
    again = opened(store, key)
    snapshot = again.snapshot
    assert snapshot.phase == "stopped"
    assert snapshot.generation == reached + 3 == sum(snapshot.wins.values())
    assert snapshot.run_summary.evolution.mutations == TWO
    assert snapshot.points is not None
    assert len(snapshot.points.modes) == 8
    assert max(place.record.generation for place in snapshot.tree) == reached + 3
    evolutions.go_on(again, more=300.0)
    wait(again, lambda snapshot: snapshot.generation > reached + 3)
    with pytest.raises(LabError, match="at work already"):
        evolutions.go_on(evolving)
    with pytest.raises(LabError, match="not begun on this page"):
        again.discard()
    paused(again)
    assert again.folder.is_dir()


def test_a_page_shows_what_a_run_of_the_command_line_shows_itself(evolutions: EvolutionQueue) -> None:
    evolving = evolutions.start(EvolutionRequest(seconds=300))
    wait(evolving, lambda snapshot: snapshot.generation >= 3)
    was = paused(evolving)
    snapshot = opened(ModelStore(evolutions.runs_folder), evolving.folder.name).snapshot
    assert was.points is not None
    assert snapshot.points is not None
    assert torch.equal(snapshot.points.samples, was.points.samples)
    assert snapshot.wins == was.wins
    assert snapshot.judged == was.judged


def test_what_is_thrown_away_is_gone_and_nothing_else(evolutions: EvolutionQueue) -> None:
    kept, gone = (evolutions.start(EvolutionRequest(seconds=300)) for _ in range(2))
    for evolving in (kept, gone):
        wait(evolving, lambda snapshot: snapshot.generation >= 1)
    gone.discard()
    gone.join(PATIENCE)
    paused(kept)
    assert [path.name for path in evolutions.runs_folder.iterdir()] == [kept.folder.name]
    assert kept.can_go_on
    assert not gone.can_go_on
    with pytest.raises(LabError, match="thrown away"):
        evolutions.go_on(gone)


def test_only_so_many_are_at_work_in_the_whole_app(evolutions: EvolutionQueue) -> None:
    here, there = EvolutionPlaces(evolutions), EvolutionPlaces(evolutions)
    here.start("A", EvolutionRequest(seconds=300))
    there.start("A", EvolutionRequest(seconds=300))
    with pytest.raises(LabError, match="2 evolutions are at work"):
        here.start("B", EvolutionRequest())
    first = here.by_name["A"].evolving
    assert first is not None
    wait(first, lambda snapshot: snapshot.generation >= 1)
    paused(first)
    here.start("B", EvolutionRequest(seconds=300))
    with pytest.raises(LabError, match="2 evolutions are at work"):
        here.press("A", 10.0)
    assert first.snapshot.phase == "paused"


def test_a_page_that_is_gone_leaves_runs_that_can_go_on(evolutions: EvolutionQueue) -> None:
    places = EvolutionPlaces(evolutions)
    places.start("B", EvolutionRequest(seconds=300))
    evolving = places.by_name["B"].evolving
    assert evolving is not None
    wait(evolving, lambda snapshot: snapshot.generation >= 1)
    places.forget()
    evolving.join(PATIENCE)
    assert evolving.snapshot.phase == "paused"
    other = EvolutionPlaces(evolutions)
    other.put("A", opened(ModelStore(evolutions.runs_folder), evolving.folder.name))
    other.press("A", 300.0)
    assert other.running


def test_a_restarted_lab_finds_what_a_page_had_in_its_places(evolutions: EvolutionQueue) -> None:
    store = ModelStore(evolutions.runs_folder)
    places = EvolutionPlaces(evolutions, KeptPlaces(evolutions.runs_folder, "a page's name"))
    places.start("B", EvolutionRequest(seconds=300))
    evolving = places.by_name["B"].evolving
    assert evolving is not None
    wait(evolving, lambda snapshot: snapshot.generation >= 1)
    evolutions.close()  # as the lab does when it ends
    later = EvolutionQueue(evolutions.runs_folder)
    stranger = EvolutionPlaces(later, KeptPlaces(evolutions.runs_folder, "another name"))
    again = EvolutionPlaces(later, KeptPlaces(evolutions.runs_folder, "a page's name"))
    for each in (stranger, again, again):
        each.recall(lambda key: opened(store, key))
    assert [place.evolving for place in stranger.by_name.values()] == [None, None]
    found = again.by_name["B"].evolving
    assert again.by_name["A"].evolving is None
    assert found is not None
    assert found is not evolving
    assert (found.folder, found.mine, found.can_go_on) == (evolving.folder, True, True)
    assert found.snapshot.generation == evolving.snapshot.generation
    assert found.snapshot.note.startswith(RESTARTED)
    again.press("B", 300.0)
    wait(found, lambda snapshot: snapshot.generation > evolving.snapshot.generation)
    later.close()
    again.ask("B", True)
    again.throw_away("B")
    last = EvolutionPlaces(later, KeptPlaces(evolutions.runs_folder, "a page's name"))
    last.recall(lambda key: opened(store, key))
    assert last.by_name["B"].evolving is None


def test_a_run_that_is_gone_after_a_restart_is_told_of_once(evolutions: EvolutionQueue) -> None:
    kept = KeptPlaces(evolutions.runs_folder, "a page's name")
    kept.write({"A": KeptPlace("gone", True)})
    places = EvolutionPlaces(evolutions, kept)
    with pytest.raises(LabError, match="the lab was restarted, and gone cannot be shown again"):
        places.recall(lambda key: opened(ModelStore(evolutions.runs_folder), key))
    places.recall(lambda key: opened(ModelStore(evolutions.runs_folder), key))
    kept.path.write_text("[3")
    assert kept.read() == {}


def test_nothing_is_deleted_unasked_and_nothing_at_work_is_replaced(evolutions: EvolutionQueue) -> None:
    places = EvolutionPlaces(evolutions)
    with pytest.raises(LabError, match="press Throw away first"):
        places.throw_away("A")
    places.start("A", EvolutionRequest(seconds=300))
    evolving = places.by_name["A"].evolving
    assert evolving is not None
    for refused in (lambda: places.start("A", EvolutionRequest()), lambda: places.put_away("A")):
        with pytest.raises(LabError, match="at work in A"):
            refused()
    wait(evolving, lambda snapshot: snapshot.generation >= 1)
    with pytest.raises(LabError, match="press Throw away first"):
        places.throw_away("A")
    places.ask("A", True)
    places.ask("A", False)
    with pytest.raises(LabError, match="press Throw away first"):
        places.throw_away("A")
    places.ask("A", True)
    places.throw_away("A")
    evolving.join(PATIENCE)
    assert not evolving.folder.exists()
    assert places.by_name["A"].evolving is None


def test_closing_the_app_pauses_what_runs(evolutions: EvolutionQueue) -> None:
    evolving = evolutions.start(EvolutionRequest(seconds=300))
    wait(evolving, lambda snapshot: snapshot.generation >= 1)
    evolutions.close()
    assert evolving.snapshot.phase == "paused"
    assert evolving.can_go_on


def test_what_goes_wrong_is_told(evolutions: EvolutionQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = dataclasses.replace(SETTINGS["ring"], fields={"widht": 8})
    monkeypatch.setitem(SETTINGS, "ring", broken)
    evolving = evolutions.start(EvolutionRequest())
    evolving.join(PATIENCE)
    assert evolving.snapshot.phase == "failed"
    assert "width" in evolving.snapshot.trouble
    assert not evolving.can_go_on


def test_a_run_that_another_process_holds_is_told(evolutions: EvolutionQueue) -> None:
    evolving = evolutions.start(EvolutionRequest(seconds=300))
    wait(evolving, lambda snapshot: snapshot.generation >= 1)
    paused(evolving)
    with runs.open_run(evolving.folder):
        evolutions.go_on(evolving)
        evolving.join(PATIENCE)
        assert evolving.snapshot.phase == "failed"
        assert "in use" in evolving.snapshot.trouble
        with pytest.raises(LabError, match="in use"):
            evolving.discard()
    assert evolving.can_go_on


def test_a_run_whose_rates_have_fallen_says_so(evolutions: EvolutionQueue) -> None:
    setting = SETTINGS["ring"]
    result = run_evolution(
        setting.variant,
        {**setting.fields, "fall_rounds": 2},
        setting.options,
        Evolution(),
        rounds=2,
        runs_folder=evolutions.runs_folder,
        console=Console(quiet=True),
    )
    assert (
        "learning rates fell over 2 rounds"
        in opened(ModelStore(evolutions.runs_folder), result.folder.name).snapshot.note
    )


def test_runs_that_name_code_of_their_own_are_not_opened(evolutions: EvolutionQueue) -> None:
    evolving = evolutions.start(EvolutionRequest(seconds=1))
    evolving.join(PATIENCE)
    path = evolving.folder / "config.json"
    path.write_text(path.read_text().replace('"heuristic"', '"os:system"'))
    store = ModelStore(evolutions.runs_folder)
    assert continuable(store) == []
    with pytest.raises(LabError, match="code of its own"):
        opened(store, evolving.folder.name)
    with pytest.raises(ValueError, match="no model"):
        opened(store, "../" + evolving.folder.name)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"data": "rings"}, "ring"),
        ({"mutations": ()}, "at least one mutation"),
        ({"mutations": ("minmax",)}, "minimax"),
        ({"mutations": ("os:system",)}, "no mutation"),
        ({"parents": 0}, "parents"),
        ({"parents": 1000}, "parents"),
        ({"gamma": -1.0}, "diversity"),
        ({"gamma": float("nan")}, "diversity"),
        ({"seconds": float("inf")}, "seconds"),
        ({"seconds": float("nan")}, "seconds"),
        ({"selection": "bets"}, "best"),
        ({"fitness": "papers"}, "paper"),
    ],
)
def test_a_request_out_of_range_is_refused(asked: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EvolutionRequest.read(asked)


ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.lists(st.one_of(st.integers(), st.text(max_size=9), st.sampled_from(TWO)), max_size=3),
    st.dictionaries(st.text(max_size=3), st.none(), max_size=1),
)


@given(st.tuples(*[ANYTHING] * 7))
def test_whatever_a_page_sends_is_a_request_or_refused_in_one_line(sent: tuple[Any, ...]) -> None:
    answers: list[str] = []
    try:
        EvolutionRequest.read(dict(zip(EvolutionRequest.model_fields, sent, strict=True))).evolution().scheme()
    except ValueError as error:
        answers.append(str(error))
    assert all("\n" not in answer and 10 < len(answer) < 700 for answer in answers)


def test_every_setting_can_be_asked_for() -> None:
    for data, setting in SETTINGS.items():
        assert EvolutionRequest(data=data, gamma=setting.gamma, seconds=setting.seconds).data == setting.options.data
