"""The routes of the Paint tab: what a page asks and what it is told, whatever it asks."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from demos.guard import Guard
from demos.lab import Lab
from demos.paint.painter import Painter
from demos.paint.routes import routes
from tests.demos.conftest import lab_with, seeds_with
from tests.demos.paint.test_sketch import SKETCH, STROKE, anything

SCENE, PLACE = ("model", "layer", "seed", "strokes"), ("x", "y")
NEEDED = {
    "model": ("model", "layer"),
    "scene": SCENE,
    "render": SCENE,
    "control": SCENE,
    "strip": ("model", "layer", "seeds"),
    "explain": (*SCENE, *PLACE),
    "test": (*SCENE, *PLACE, "radius", "units"),
    "script": SCENE,
}
NAMES = tuple(NEEDED)


def client_of(lab: Lab) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(routes(lab))
    app.add_middleware(Guard)
    yield TestClient(app, base_url="http://127.0.0.1:7860", raise_server_exceptions=True)
    lab.close()


@pytest.fixture(scope="module")
def client(glass: Painter, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    yield from client_of(lab_with(glass, tmp_path_factory.mktemp("runs")))


@pytest.fixture(scope="module")
def asked(glass: Painter) -> dict[str, Any]:
    """A sketch that erases the tree of a scene that has one."""
    (seed,) = seeds_with(glass, "tree")
    stroke = {**STROKE, "points": [[0, 0.5], [1, 0.5]], "radius": 0.5, "soft": 0, "units": 2, "by": "agreement"}
    return {"model": "scenes", "layer": None, "seed": seed, "strokes": [stroke]}


def send(client: TestClient, name: str, question: Any) -> Any:
    """The reply to what may be no JSON: NaN, half a character."""
    return client.post(f"/lab/paint/{name}", content=json.dumps(question), headers={"content-type": "application/json"})


def _is_json(question: Any) -> bool:
    try:
        json.dumps(question, allow_nan=False)
    except ValueError:
        return False
    return True


def ask(client: TestClient, name: str, question: Any) -> dict[str, Any]:
    reply = client.post(f"/lab/paint/{name}", json=question)
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    assert "error" not in found
    return found


def picture(url: str) -> np.ndarray:
    with Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) as shown:
        return np.asarray(shown.convert("RGB"))


def test_the_model_tells_what_the_page_needs(client: TestClient, glass: Painter) -> None:
    answer = ask(client, "model", {"model": "scenes", "layer": None})
    assert [concept["name"] for concept in answer["concepts"]] == list(glass.concepts)
    assert answer["layers"] == [answer["layer"]] == [glass.dissection.layer]
    assert (answer["units"], answer["side"], answer["byCause"]) == (
        glass.dissection.count,
        glass.side,
        False,
    )
    assert len(answer["labels"]) == len(answer["colours"]) == len(glass.labels)
    assert picture(answer["concepts"][0]["thumb"]).ndim == 3


def test_an_erased_tree_is_gone_and_comes_back(client: TestClient, glass: Painter, asked: dict[str, Any]) -> None:
    scene, painted = ask(client, "scene", asked), ask(client, "render", asked)
    tree = glass.labels.index("tree")
    classes = [np.frombuffer(base64.b64decode(each["classes"]), np.uint8) for each in (scene, painted)]
    assert (classes[0] == tree).any()
    assert not (classes[1] == tree).any()
    (row,) = (row for row in painted["rows"] if row["label"] == "tree")
    assert row["verdict"] == "wanted"
    assert row["after"] == 0 < row["before"] == pytest.approx((classes[0] == tree).mean())
    off = {**asked, "strokes": [{**asked["strokes"][0], "on": False}]}
    assert ask(client, "render", off)["picture"] == scene["picture"] != painted["picture"]
    assert ask(client, "render", asked) == painted


def test_a_stroke_is_judged_against_the_picture_before_it(client: TestClient, asked: dict[str, Any]) -> None:
    again = {**asked["strokes"][0], "mode": "add", "concept": "door", "points": [[0.5, 0.5]], "radius": 0.2}
    both = {**asked, "strokes": [*asked["strokes"], {**again, "on": False}, again]}
    first, second = (ask(client, "render", {**both, "stroke": number}) for number in (0, 1))
    assert first["rows"] == ask(client, "render", asked)["rows"]
    assert first["picture"] == second["picture"] == ask(client, "render", both)["picture"]
    assert "tree" in first["said"]
    assert "oor" in second["said"]
    left = {row["label"]: row["after"] for row in first["rows"]}
    found = {row["label"]: row["before"] for row in second["rows"]}
    assert {label: left[label] for label in left.keys() & found.keys()} == {
        label: found[label] for label in left.keys() & found.keys()
    }
    reply = send(client, "render", {**both, "stroke": 2})
    assert (reply.status_code, reply.json()["error"]) == (200, "expected a stroke out of the 2 that are on, got 2")


def test_the_control_tells_what_random_units_do(client: TestClient, asked: dict[str, Any]) -> None:
    answer = ask(client, "control", asked)
    (row,) = (row for row in ask(client, "render", asked)["rows"] if row["label"] == "tree")
    assert answer["after"]["tree"] > row["after"]
    assert sum(answer["after"].values()) == pytest.approx(1)


def test_a_place_is_explained_and_tested(client: TestClient, glass: Painter, asked: dict[str, Any]) -> None:
    there = (glass.edit_session(asked["seed"]).classes_before == glass.labels.index("tree")).nonzero().float().mean(0)
    y, x = ((there + 0.5) / glass.side).tolist()
    question = {**asked, "strokes": [], "x": x, "y": y}
    answer = ask(client, "explain", question)
    assert "sees tree here" in answer["said"]
    assert answer["units"][0]["concept"] == "tree"
    units = [unit["unit"] for unit in answer["units"] if unit["concept"] == "tree"]
    tested = ask(client, "test", {**question, "radius": 0.1, "units": units})
    assert "They cause the tree here" in tested["said"]
    assert not np.array_equal(picture(tested["before"]), picture(tested["after"]))


def test_the_strip_shows_the_scenes(client: TestClient, glass: Painter) -> None:
    answer = ask(client, "strip", {"model": "scenes", "layer": None, "seeds": [3, 1, 4]})
    assert list(answer["pictures"]) == ["3", "1", "4"]
    scenes = {seed: glass.edit_session(seed).before.add(1).mul(127.5).permute(1, 2, 0).numpy() for seed in (1, 3, 4)}
    far = {seed: np.abs(picture(answer["pictures"]["4"]) - scene).mean() for seed, scene in scenes.items()}
    assert min(far, key=lambda seed: far[seed]) == 4
    assert far[4] < 12  # thumbnails are small files, not true to the bit


def test_a_model_that_is_not_dissected_says_what_to_do(tmp_path: Path, glass: Painter) -> None:
    lab = lab_with(glass, tmp_path)
    lab.painters.layers = lambda key: ()  # type: ignore[method-assign, assignment]
    for client in client_of(lab):
        told = ask(client, "model", {"model": "scenes"})
        assert "has not been dissected" in told["closed"]
        assert told["dissectable"]
        reply = client.post("/lab/paint/render", json={**SKETCH, "strokes": []})
        assert reply.status_code == 200
        assert "Dissect" in reply.json()["error"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "question",
    [
        {},
        {"model": None},
        {"model": ["scenes"]},
        {"model": "../../etc/passwd", "seed": 1},
        {"model": "scenes", "layer": {"a": 1}, "seed": "1", "seeds": "all"},
        {"model": "scenes", "layer": "attic", "seed": 1e300, "seeds": [None], "strokes": [{}]},
        {"model": "scenes", "layer": "\ud800<b>", "seed": 1, "seeds": [1] * 1000, "strokes": [], "x": 7},
        {"model": "scenes", "seed": 1, "seeds": [-1], "x": 0.5, "y": None, "strokes": [{**STROKE, "mode": 1}]},
    ],
)
def test_nonsense_is_answered_with_one_line(client: TestClient, name: str, question: Any) -> None:
    if name == "model" and question.get("model") == "scenes":
        return  # that is all it asks for: a layer that is not there is another one
    reply = send(client, name, question)
    assert reply.status_code == 200
    line = reply.json()["error"]
    assert 0 < len(line) < 400
    assert "\n" not in line
    assert "Traceback" not in line


def test_an_unknown_concept_is_named(client: TestClient, asked: dict[str, Any]) -> None:
    for concept, line in (
        ("treee", "did you mean tree"),
        ("\n<b>", "no concept is called"),
        ("\ud800", "name of a concept"),
    ):
        reply = send(client, "render", {**asked, "strokes": [{**asked["strokes"][0], "concept": concept}]})
        assert reply.status_code == 200
        assert line in reply.json()["error"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(NAMES),
    st.dictionaries(st.sampled_from((*SKETCH, "x", "y", "radius", "units", "seeds")), anything),
    st.dictionaries(st.sampled_from(sorted(STROKE)), anything, max_size=2),
)
def test_whatever_is_asked_the_next_question_is_answered(
    client: TestClient, asked: dict[str, Any], name: str, odd: dict[str, Any], stroke: dict[str, Any]
) -> None:
    whole = {**asked, "strokes": [{**asked["strokes"][0], **stroke}], "x": 0.5, "y": 0.5, "radius": 0.1, "units": [1]}
    question = {key: whole.get(key, [1]) for key in NEEDED[name]} | odd
    reply = send(client, name, question)
    assert reply.status_code == (200 if _is_json(question) else 400)  # a page never sends what is no JSON
    assert reply.json()
    assert ask(client, "render", asked)["picture"].startswith("data:image/png;base64,")


def test_only_our_own_pages_are_answered(client: TestClient, asked: dict[str, Any]) -> None:
    for headers, status in (
        ({"origin": "http://127.0.0.1:7860"}, 200),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"content-type": "text/plain"}, 415),
    ):
        assert client.post("/lab/paint/scene", json=asked, headers=headers).status_code == status
    assert client.get("/lab/paint/scene").status_code == 405
    assert client.post("/lab/paint/scene", json={**asked, "more": "x" * 300_000}).status_code == 413
