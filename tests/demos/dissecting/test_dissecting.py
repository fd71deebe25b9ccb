"""A page's state: planted units are found, tested and mended; what is asked is checked; nothing is lost."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core_gans import shipped
from core_gans.foundation.errors import LabError
from core_gans.models import load_model, save_model
from demos.dissecting import causes, units_part
from demos.dissecting.causes_part import ask, choose
from demos.dissecting.dissectable_model import dissectable
from demos.dissecting.exporting import origin
from demos.dissecting.measuring import FEWEST, counts_at, kept, question
from demos.dissecting.open_dissection import OpenDissection
from demos.dissecting.page_state import PageState
from demos.dissecting.report_part import write
from demos.dissecting.sheet import sheet
from demos.dissecting.units import content, summary
from dissect import Dissection
from dissect.segmenters import named
from dissect.segmenters.named import SCENES, seeing
from tests.demos.planted_state import KEY, PATIENCE, RING, SIDE, UNITS, finished, planted_state

STROKES = named.STROKES.name


@pytest.fixture(scope="module")
def dissected(tmp_path_factory: pytest.TempPathFactory) -> PageState:
    """A page whose planted layer has been dissected by what is a stroke."""
    state = planted_state(tmp_path_factory.mktemp("lab"))
    state.run("maps", STROKES, 120)
    return finished(state)


def test_the_planted_unit_is_found_and_shown(dissected: PageState) -> None:
    current = dissected.opened()
    best = current.dissection.best(RING)
    assert (best.concept, best.matched) == ("stroke", True)
    assert best.iou > 0.6
    assert dissected.unit == RING
    table = content(current, dissected.unit)
    rows = re.findall(r'<tr data-unit="(\d+)" data-concept="([^"]+)"', table)
    assert [int(unit) for unit, _ in rows] == list(range(UNITS))
    assert rows[RING][1] == "stroke"
    assert table.count("aria-current") == 1
    assert "of maps stand for something" in summary(current)
    page = sheet(current, RING)
    assert page.count("<img") == 8
    assert "stroke" in page
    assert '<svg class="curve"' in page
    assert "never changes" in sheet(current, 0)


def test_the_sheet_shows_the_pictures_that_were_dissected(dissected: PageState) -> None:
    current = dissected.opened()
    image = int(current.dissection.top_images[RING][0])
    latents = dissected.dissectable.latents(120, torch.Generator().manual_seed(0))
    drawn = current.gallery({image: {RING}}).pictures[image]
    expected = dissected.dissectable.net(latents[image : image + 1])[0, 0].add(1).mul(127.5).byte().numpy()
    assert np.array_equal(drawn[:, :, 0], expected)


def test_a_sheet_that_was_left_while_it_was_drawn_does_not_come_over_the_newer_one(
    dissected: PageState, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = units_part.Sheet()

    def drawn(current: OpenDissection, unit: int) -> str:
        if unit == 3:
            dissected.choose_unit(5)  # by another click
        return f"sheet {unit}"

    monkeypatch.setattr(units_part, "sheet", drawn)
    dissected.choose_unit(3)
    assert part.show(dissected) == (gr.skip(),)
    assert part.show(dissected) == ("sheet 5",)
    dissected.choose_unit(RING)


def test_the_result_is_where_painting_finds_it_and_an_older_one_is_kept(dissected: PageState) -> None:
    store = dissected.shared.store
    place = store.place_for(KEY, "maps")
    assert store.dissections(KEY) == {"maps": place}
    first = place.read_bytes()
    dissected.run("maps", STROKES, 130)
    finished(dissected)
    assert Dissection.load(place).images == 130
    assert (place.parent / "older" / "maps-1.safetensors").read_bytes() == first
    assert store.dissections(KEY) == {"maps": place}
    assert not list(place.parent.glob("*.counts"))
    dissected.run("maps", STROKES, 120)
    finished(dissected)
    assert {path.name for path in (place.parent / "older").iterdir()} == {"maps-1.safetensors", "maps-2.safetensors"}


def test_a_cancelled_dissection_leaves_no_thread_and_goes_on_to_the_same_numbers(
    dissected: PageState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = planted_state(tmp_path)
    monkeypatch.setattr("dissect.measure.resume_file.SECONDS", 0.0)

    def stop_after(done: int) -> None:
        if done >= 48:
            state.cancel()

    monkeypatch.setattr("demos.dissecting.measuring.dissect", _hearing(stop_after))
    state.run("maps", STROKES, 120)
    job = state.job
    assert job is not None
    assert job.join(PATIENCE)
    assert job.snapshot.phase == "cancelled"
    assert not any(thread.name == f"dissect {KEY}/maps" for thread in threading.enumerate())
    assert state.settle()
    assert state.current() is None
    assert state.aside == "48 pictures were counted and kept: Dissect goes on from there."
    monkeypatch.undo()
    state.run("maps", STROKES, 120)
    finished(state)
    assert state.job is not None
    assert state.job.snapshot.first > 48
    again, whole = state.opened().dissection, dissected.opened().dissection
    assert np.array_equal(again.iou, whole.iou, equal_nan=True)
    assert np.array_equal(again.level, whole.level, equal_nan=True)


def _hearing(hear: Any) -> Any:
    """``dissect`` that tells ``hear``, too, how far it is."""
    from dissect import dissect

    def heard(*given: Any, progress: Any, **named: Any) -> Any:
        def both(done: int) -> None:
            hear(done)
            progress(done)

        return dissect(*given, progress=both, **named)

    return heard


def test_damaged_counts_are_begun_anew(tmp_path: Path) -> None:
    state = planted_state(tmp_path)
    asked = question(state.dissectable, "maps", STROKES, 100)
    place = state.shared.store.place_for(KEY, "maps")
    place.parent.mkdir(parents=True)
    counts_at(state.dissectable, asked, place).write_bytes(b"none")
    assert kept(state.dissectable, asked, place) == 0
    state.run("maps", STROKES, 100)
    finished(state)


def test_one_job_at_a_time_and_none_when_the_page_is_gone(tmp_path: Path) -> None:
    state = planted_state(tmp_path)
    folder = state.folder("files").parent
    state.run("maps", STROKES, 4000)
    with pytest.raises(LabError, match="on this page already"):
        state.run("maps", STROKES, 100)
    state.forget()
    assert state.job is not None
    assert state.job.join(PATIENCE)
    assert state.job.snapshot.phase == "cancelled"
    assert not folder.exists()


def test_the_planted_unit_causes_the_strokes(dissected: PageState) -> None:
    ask(dissected, "stroke", 1)
    finished(dissected)
    found = dissected.findings(dissected.opened()).causes["stroke"]
    assert found.effect.units == (RING,)
    assert found.effect.removed("stroke") > 0.5
    shown = causes.told(found)
    assert shown.count("<img") == 3 * len(found.story.pairs)
    assert "Without 1 stroke unit" in shown
    without = np.stack([pair.after for pair in found.story.pairs])
    assert without[:, : SIDE - 2].max() == 0  # the ring is gone, wherever it was
    assert np.stack([pair.before for pair in found.story.pairs])[:, : SIDE - 2].max() == 255
    choose(dissected, "edge")
    assert dissected.concept == "edge"


def test_the_report_holds_what_was_measured(dissected: PageState) -> None:
    write(dissected)
    finished(dissected)
    report = dissected.findings(dissected.opened()).report
    assert report is not None
    page = report.page.read_text(encoding="utf-8")
    assert "What the units of maps draw" in page
    assert "<units>" not in page
    with zipfile.ZipFile(report.everything) as archive:
        names = archive.namelist()
    assert {"dissection-maps/report.html", "dissection-maps/report.json", "dissection-maps/replay.py"} <= set(names)
    folder = report.page.parents[1]
    dissected.forget()
    assert not folder.exists()


def test_the_origin_makes_the_shipped_sample_again(tmp_path: Path) -> None:
    state = planted_state(tmp_path)
    state.open("scenes")
    told = "print(len(latents), segmenter.labels[8], float(latents.sum()))"
    script = f"import torch\n{origin(state.opened(), 'scenes')}\n{told}"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE, check=True)
    count, label, total = done.stdout.split()
    assert (int(count), label) == (2000, "tree")
    assert float(total) == pytest.approx(float(state.opened().latents.sum()), abs=0.1)


def test_the_origin_of_a_mended_model_is_its_file(tmp_path: Path) -> None:
    state = planted_state(tmp_path)
    store, model = state.shared.store, load_model(shipped.path("scenes-generator"))
    card = {**model.card, "mended": {"of": "Scenes", "data": "scenes"}}
    store.keep_mended("scenes", "block8", save_model(tmp_path / "model.safetensors", replace(model, card=card)))
    (key,) = (entry.key for entry in store.entries() if entry.key.startswith("mended-"))
    found = Dissection.load(shipped.path("scenes-dissection"))
    script = origin(OpenDissection(state.shared.dissectables.of(key), found), store.path_of(key))
    assert "open_model('runs/mended/scenes-block8.safetensors')" in script
    assert (tmp_path / "runs/mended/scenes-block8.safetensors").is_file()


def test_a_model_that_has_learned_since_is_noticed(tmp_path: Path) -> None:
    state = planted_state(tmp_path)
    state.run("maps", STROKES, 100)
    finished(state)
    state.dissectable.net.maps.forward = lambda latents: (
        3
        * type(state.dissectable.net.maps).forward(  # type: ignore[method-assign]
            state.dissectable.net.maps, latents
        )
    )
    with pytest.raises(LabError, match="learned since"):
        state.opened().tiles(RING)
    assert "learned since" in sheet(state.opened(), RING)


def test_a_damaged_dissection_is_told_of_and_replaced(tmp_path: Path) -> None:
    state = planted_state(tmp_path)
    place = state.shared.store.place_for(KEY, "maps")
    place.parent.mkdir(parents=True)
    place.write_bytes(b"none")
    state.refresh()
    assert state.current() is None
    with pytest.raises(LabError, match="do that first"):
        state.choose_unit(0)
    state.run("maps", STROKES, 100)
    finished(state)
    assert state.opened().dissection.images == 100
    assert (place.parent / "older" / "maps-1.safetensors").read_bytes() == b"none"


def test_a_generator_that_needs_more_than_latents_is_refused_in_one_line() -> None:
    net = torch.nn.Bilinear(2, 2, 2)
    with pytest.raises(LabError, match="cannot be dissected"):
        dissectable("a", "A", "digits", net, lambda count, rng: torch.zeros(count, 2))


def test_models_of_other_kinds_are_told_of(tmp_path: Path) -> None:
    state = planted_state(tmp_path)
    for key in (None, 3, "nowhere", "../..", ["planted"]):
        with pytest.raises(ValueError, match="no model is called"):
            state.open(key)
    assert state.key == KEY


def test_who_looks_is_chosen_by_the_pictures() -> None:
    assert next(iter(seeing((3, 64, 64)))) == SCENES.name
    assert list(seeing((1, 28, 28))) == [STROKES]
    assert "it fits" in SCENES.told((3, 64, 64), "scenes")
    assert "mistake" in SCENES.told((3, 64, 64), "faces.npz")


ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=30),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    st.sampled_from(["maps", STROKES, "stroke", "loop"]),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one=ANYTHING, two=ANYTHING, three=ANYTHING)
def test_whatever_a_page_sends_is_refused_in_one_line(dissected: PageState, one: Any, two: Any, three: Any) -> None:
    said: list[str] = []

    def tried(step: Any, *values: Any) -> None:
        try:
            step(*values)
        except ValueError as error:
            said.append(str(error))

    tried(question, dissected.dissectable, one, two, three)
    tried(causes.wanted, dissected.opened(), one, two)
    for step in (dissected.choose_layer, dissected.choose_segmenter, dissected.choose_unit):
        tried(step, one)
    assert all(len(line.splitlines()) == 1 and len(line) < 400 for line in said)
    assert (dissected.layer, dissected.segmenter_choice) == ("maps", STROKES)
    assert 0 <= dissected.unit < UNITS
    assert question(dissected.dissectable, "maps", STROKES, FEWEST).images == FEWEST
