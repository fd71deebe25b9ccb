"""Evolutions in the background: looked at while they run, stopped, kept or gone."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core_gans import runs
from core_gans.errors import LabError
from core_gans.models import model_of_run
from demos.evolve.evolving import Evolving, Look, Wish, Workshop
from demos.evolve.settings import SETTINGS

PATIENCE = 60.0  # seconds


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workshop]:
    """A workshop whose ring is small and quick."""
    small = SETTINGS["ring"]
    options = dataclasses.replace(small.options, count=500, batch=8)
    monkeypatch.setitem(SETTINGS, "ring", dataclasses.replace(small, fields={"width": 8, "latent": 2}, options=options))
    made = Workshop(tmp_path / "runs", most=1)
    yield made
    made.close()


def wait(evolving: Evolving, until: Callable[[Look], bool]) -> Look:
    end = time.monotonic() + PATIENCE
    while not until(evolving.look):
        assert time.monotonic() < end, evolving.look
        time.sleep(0.02)
    return evolving.look


def test_it_can_be_watched_stopped_and_kept(workshop: Workshop, tmp_path: Path) -> None:
    evolving = workshop.start(Wish("ring", ("heuristic", "least_squares"), parents=2, gamma=0.1, seconds=300))
    first = wait(evolving, lambda look: look.generation >= 2)
    assert first.phase == "evolving"
    assert first.picture is not None
    assert first.picture.shape[2] == 3
    later = wait(evolving, lambda look: look.generation > first.generation)
    assert sum(later.wins.values()) == later.generation
    assert set(later.wins) <= {"heuristic", "least_squares"}
    assert later.course is not None
    assert not (tmp_path / "runs").exists()

    evolving.stop()
    place = evolving.keep()
    over = wait(evolving, lambda look: look.over)
    evolving.join(PATIENCE)
    assert over.phase == "stopped"
    assert over.after.keys() == over.before.keys() >= {"modes_covered"}
    assert evolving.look.folder == place
    config = runs.read_config(place)
    assert config["evolution"]["parents"] == 2
    assert config["evolution"]["mutations"] == ["heuristic", "least_squares"]
    assert model_of_run(place).card["rounds"] == over.generation


def test_it_ends_by_itself_and_what_is_not_kept_is_gone(workshop: Workshop, tmp_path: Path) -> None:
    evolving = workshop.start(Wish(seconds=1))
    evolving.join(PATIENCE)
    assert evolving.look.phase == "finished"
    evolving.discard()
    assert not any(evolving.workplace.parent.glob(evolving.workplace.name))
    assert not (tmp_path / "runs").exists()


def test_what_is_over_can_still_be_kept(workshop: Workshop) -> None:
    evolving = workshop.start(Wish(seconds=1))
    evolving.join(PATIENCE)
    place = evolving.keep()
    assert evolving.look.folder == place
    assert (place / "evolution.png").is_file()
    evolving.discard()
    assert place.is_dir()


def test_only_so_many_run_at_once(workshop: Workshop) -> None:
    first = workshop.start(Wish(seconds=300))
    with pytest.raises(LabError, match="running already"):
        workshop.start(Wish())
    first.discard()
    first.join(PATIENCE)
    workshop.start(Wish(seconds=300))


def test_what_goes_wrong_is_told(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = dataclasses.replace(SETTINGS["ring"], fields={"widht": 8})
    monkeypatch.setitem(SETTINGS, "ring", broken)
    evolving = workshop.start(Wish())
    evolving.join(PATIENCE)
    assert evolving.look.phase == "failed"
    assert "width" in evolving.look.trouble


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"data": "rings"}, "ring"),
        ({"mutations": ()}, "at least one mutation"),
        ({"mutations": ("minmax",)}, "minimax"),
        ({"parents": 0}, "parents"),
        ({"parents": 1000}, "parents"),
        ({"gamma": -1.0}, "diversity"),
        ({"gamma": float("nan")}, "diversity"),
        ({"seconds": float("inf")}, "seconds"),
        ({"seconds": float("nan")}, "seconds"),
    ],
)
def test_a_wish_out_of_range_is_refused(wish: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Wish(**wish)  # type: ignore[arg-type]


def test_every_setting_can_be_wished_for() -> None:
    for data, setting in SETTINGS.items():
        assert Wish(data, gamma=setting.gamma, seconds=setting.seconds).data == setting.options.data
