"""The calls of the Explore tab: what they answer, and that nothing that comes from a page upsets them."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.GifImagePlugin import GifImageFile

from core_gans.foundation.pixels import to_bytes
from demos.exploring.calls import CLOUD
from demos.exploring.explorer import STEPS, STRIP, Explorer
from demos.exploring.requests import Sample
from demos.exploring.routes import routes
from tests.demos.small_lab import SIDE, plain, small_lab

KEYS: tuple[Any, ...] = (
    "scenes",
    "digits",
    "codes",
    "text",
    "ring",
    "pairs",
    "cycle",
    "star",
    "drive",
    "nothing",
    "../runs",
    None,
    7,
    [],
)
CALLS = (
    *("open", "strip", "way", "film", "sum", "directions", "ends", "draw", "classes", "cloud"),
    *(
        "translate",
        "other",
        "lengths",
        "example",
        "begin_drive",
        "steer",
        "mixes",
        "drag",
        "way_maps",
        "direction_maps",
    ),
)
DRAG: dict[str, Any] = {"model": "text", "seed": 0, "handles": [], "steps_on": 1, "hold": False}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    lab = small_lab(tmp_path_factory.mktemp("runs"))
    app = FastAPI()
    app.include_router(routes(lab))
    with TestClient(app, base_url="http://127.0.0.1") as found:
        yield found
    lab.close()


def ask(client: TestClient, call: str, **asked: Any) -> Any:
    found = client.post(f"/lab/explore/{call}", json=asked)
    assert found.status_code == 200, found.text
    if found.headers["content-type"] != "application/json":
        return picture(found.content)
    assert "error" not in found.json()
    return found.json()


def picture(content: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(content)) as found:
        return np.asarray(found)


def sent(colour: int, size: tuple[int, int] = (24, 16), kind: str = "PNG") -> str:
    code = io.BytesIO()
    Image.new("RGB", size, (colour, 128, 0)).save(code, kind)
    return base64.b64encode(code.getvalue()).decode()


def test_a_model_says_what_can_be_done_with_it(client: TestClient) -> None:
    assert ask(client, "open", model="digits")["classes"] == 3
    codes = ask(client, "open", model="codes")
    assert (codes["classes"], codes["codes"], codes["kind"]) == (2, 2, "images")
    assert "house" in ask(client, "open", model="text")["words"]
    assert ask(client, "open", model="star")["targets"] == ["day", "night"]
    assert ask(client, "open", model="ring")["kind"] == "points"
    assert ask(client, "open", model="scenes")["shell"] is True
    assert ask(client, "open", model="digits")["shell"] is False


def test_samples_and_frames_come_beside_each_other(client: TestClient) -> None:
    strip = ask(client, "strip", model="scenes", first=16)
    assert strip.shape == (SIDE, STRIP * SIDE, 3)
    way = ask(client, "way", model="scenes", **{"from": 16, "to": 18}, way="straight")
    assert way.shape == (SIDE, STEPS * SIDE, 3)
    assert np.array_equal(way[:, :SIDE], strip[:, :SIDE])
    assert np.array_equal(way[:, -SIDE:], strip[:, 2 * SIDE : 3 * SIDE])
    assert np.array_equal(ask(client, "draw", model="scenes", seed=17), strip[:, SIDE : 2 * SIDE])


def test_the_lengths_of_both_ways_come_together(client: TestClient) -> None:
    found = ask(client, "lengths", model="scenes", **{"from": 1, "to": 2})
    assert set(found["ways"]) == {"circle", "straight"}
    assert all(len(lengths) == STEPS for lengths in found["ways"].values())
    assert found["usual"][0] < found["usual"][1]


def test_the_film_goes_there_and_back(client: TestClient) -> None:
    found = client.post("/lab/explore/film", json={"model": "scenes", "from": 1, "to": 2, "way": "circle"})
    assert found.headers["content-type"] == "image/gif"
    with Image.open(io.BytesIO(found.content)) as film:
        assert isinstance(film, GifImageFile)
        assert film.n_frames <= 2 * STEPS - 2  # frames that are alike become one
        assert film.info["loop"] == 0
        begin = np.asarray(film.convert("RGB"), int)
        film.seek(film.n_frames // 2)
        middle = np.asarray(film.convert("RGB"), int)
    assert abs(begin - middle).max() > 20


def test_directions_are_named_and_move(client: TestClient) -> None:
    found = ask(client, "directions", model="scenes", method="sefa")["directions"]
    assert found[0]["gain"] > found[1]["gain"] > 0
    still = ask(client, "draw", model="scenes", seed=1, method="sefa", steps=[])
    moved = ask(client, "draw", model="scenes", seed=1, method="sefa", steps=[0, 0, 0.5])
    assert not np.array_equal(still, moved)
    assert ask(client, "ends", model="scenes", seed=1, method="sefa").shape == (SIDE, 2 * len(found) * SIDE, 3)


def test_a_drag_goes_on_from_what_the_last_answer_brought(client: TestClient) -> None:
    handles = [{"origin": [4, 4], "target": [11, 6]}]
    there = picture(base64.b64decode(ask(client, "drag", **DRAG)["picture"]))
    assert np.array_equal(there, ask(client, "draw", model="text", seed=0))
    whole = ask(client, "drag", **DRAG | {"handles": handles, "steps_on": 4})
    half = ask(client, "drag", **DRAG | {"handles": handles, "steps_on": 2, "hold": True})
    assert half["latent"] != ask(client, "drag", **DRAG | {"handles": handles, "steps_on": 2})["latent"]
    half = ask(client, "drag", **DRAG | {"handles": handles, "steps_on": 2})
    now = [handles[0] | {"at": half["at"][0]}]
    rest = ask(client, "drag", **DRAG | {"handles": now, "steps_on": 2, "latent": half["latent"], "pace": half["pace"]})
    assert rest == whole
    assert (whole["arrived"], whole["stuck"]) == (False, False)


def test_styles_are_mixed_from_each_layer_on(client: TestClient) -> None:
    layers = ask(client, "open", model="text")["mixing"]
    found = ask(client, "mixes", model="text", content=3, style=4)
    assert found.shape == (16, 16 * (len(layers) + 1), 3)
    assert np.array_equal(found[:, -16:], ask(client, "draw", model="text", seed=3))
    assert ask(client, "open", model="scenes")["mixing"] == []


def test_a_direction_moves_a_range_of_layers_alone(client: TestClient) -> None:
    layers = ask(client, "open", model="text")["mixing"]
    asked = {"model": "text", "seed": 1, "method": "sefa", "steps": [1.0, -0.5]}
    still = ask(client, "draw", **asked | {"steps": []})
    whole = ask(client, "draw", **asked)
    first, last = (ask(client, "draw", **asked, ranges=[[place, place], None]) for place in (0, len(layers) - 1))
    unlike = [np.abs(one.astype(int) - other).sum() for one, other in ((first, last), (first, whole), (first, still))]
    assert min(unlike) > 0
    assert np.array_equal(ask(client, "draw", **asked, ranges=[None, None]), whole)
    ends = ask(client, "ends", model="text", seed=1, method="sefa", ranges=[[0, 1]])
    assert np.array_equal(ends[:, 32:], ask(client, "ends", model="text", seed=1, method="sefa")[:, 32:])


def test_the_maps_of_a_layer_come_as_a_film(client: TestClient) -> None:
    layer = ask(client, "open", model="text")["mixing"][1]
    asked = {"model": "text", "layer": layer}
    for call, more in (
        ("way_maps", {"from": 1, "to": 2, "way": "circle"}),
        ("direction_maps", {"seed": 1, "method": "sefa", "direction": 1}),
    ):
        found = client.post(f"/lab/explore/{call}", json=asked | more)
        assert found.headers["content-type"] == "image/gif"
        with Image.open(io.BytesIO(found.content)) as film:
            assert film.n_frames > 2
            assert film.width > film.height


def test_points_come_as_numbers(client: TestClient) -> None:
    cloud = ask(client, "cloud", model="ring")
    assert len(cloud["points"]) == len(cloud["real"]) == CLOUD
    way = ask(client, "way", model="ring", **{"from": 0, "to": 1}, way="straight")["points"]
    assert len(way) == STEPS
    assert all(len(point) == 2 for point in way)


@pytest.mark.parametrize(
    ("model", "target", "shape"),
    [("pairs", "target", 16), ("cycle", "target", 16), ("cycle", "source", 16), ("star", "night", 16)],
)
def test_a_picture_is_translated_beside_itself(client: TestClient, model: str, target: str, shape: int) -> None:
    found = ask(client, "translate", model=model, target=target, picture=sent(200))
    assert found.shape == (shape, 2 * shape, 3)
    assert np.ptp(found[:, :shape].reshape(-1, 3), axis=0).max() == 0  # the picture's middle, which has one colour
    if model == "star":
        assert found[0, 0].tolist() == [200, 128, 0]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF"])
def test_pictures_of_many_formats_are_read(client: TestClient, kind: str) -> None:
    ask(client, "translate", model="star", target="day", picture=sent(9, kind=kind))


@pytest.mark.parametrize(
    "picture",
    [None, 3, "", "no base64!", base64.b64encode(b"no picture").decode(), sent(1)[:60], ["x"], "A" * 6_000_000],
)
def test_what_is_no_picture_is_named(client: TestClient, picture: Any) -> None:
    found = client.post("/lab/explore/translate", json={"model": "star", "target": "day", "picture": picture})
    assert found.status_code == 200
    assert "picture" in found.json()["error"]


@pytest.mark.parametrize(
    ("call", "asked", "said"),
    [
        ("strip", {"model": "nothing", "first": 0}, "no model is called 'nothing'"),
        ("strip", {"model": "star", "first": 0}, "makes translation"),
        ("strip", {"model": "scenes", "first": -1}, "first"),
        ("strip", {"model": "scenes", "first": 2**40}, "first"),
        ("strip", {"model": "scenes", "first": 1.5}, "first"),
        ("way", {"model": "scenes", "from": 0, "to": 1, "way": "circles"}, "circle"),
        ("sum", {"model": "scenes", "plus": [1, 2, 3], "minus": [], "and": [4]}, "minus"),
        ("sum", {"model": "scenes", "plus": [1, 2, 3, 4], "minus": [5], "and": [4]}, "plus"),
        ("sum", {"model": "ring", "plus": [1], "minus": [1], "and": [1]}, "points"),
        ("draw", {"model": "digits", "seed": 0, "label": 3}, "from 0 to 2"),
        ("draw", {"model": "text", "seed": 0, "text": "a hause"}, "house"),
        ("draw", {"model": "text", "seed": 0, "text": ""}, "words"),
        ("draw", {"model": "scenes", "seed": 0, "steps": [1], "method": "pcb"}, "pca"),
        ("directions", {"model": "scenes"}, "method"),
        ("classes", {"model": "scenes", "seed": 0}, "no class"),
        ("draw", {"model": "scenes", "seed": 0, "truncation": 0}, "truncation above 0"),
        ("draw", {"model": "digits", "seed": 0, "truncation": 1.5}, "at most 1"),
        ("mixes", {"model": "scenes", "content": 0}, "style"),
        ("mixes", {"model": "ring", "content": 0, "style": 1}, "points"),
        ("drag", DRAG | {"handles": [{"origin": [0, 0]}]}, "target"),
        ("drag", DRAG | {"handles": [{"origin": [0, 0], "target": [99, 0]}]}, "inside the image of 16 x 16"),
        ("drag", DRAG | {"latent": [0.5] * 3}, "numbers of a latent of this model, got 3"),
        ("drag", DRAG | {"steps_on": 99}, "from 0 to 5"),
        ("drag", DRAG | {"model": "scenes"}, "maps are fine enough"),
        (
            "draw",
            {"model": "text", "seed": 0, "method": "sefa", "steps": [1], "ranges": [[2, 1]]},
            "the first one first",
        ),
        ("draw", {"model": "scenes", "seed": 0, "method": "sefa", "steps": [1], "ranges": [[0, 0]]}, "lacks"),
        ("draw", {"model": "text", "seed": 0, "method": "sefa", "steps": [1], "ranges": [[0]]}, "pairs of layers"),
        ("way_maps", {"model": "text", "from": 0, "to": 1, "way": "circle", "layer": "block99"}, "layer with maps"),
        (
            "direction_maps",
            {"model": "text", "seed": 0, "method": "sefa", "direction": 60, "layer": "block4"},
            "place of one",
        ),
        ("cloud", {"model": "scenes"}, "pictures"),
        ("translate", {"model": "star", "target": "dusk", "picture": sent(1)}, "day, night"),
        ("translate", {"model": "scenes", "target": "day", "picture": sent(1)}, "translation"),
    ],
)
def test_a_mistake_is_named_in_one_line(client: TestClient, call: str, asked: dict[str, Any], said: str) -> None:
    found = client.post(f"/lab/explore/{call}", json=asked)
    assert found.status_code == 200
    assert said in found.json()["error"]


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(["sefa", "pca", "circle", "straight", "day", "target", 0, 1, 2]),
    st.lists(st.one_of(st.integers(-3, 2**33), st.floats(-9, 9), st.text(max_size=3), st.none()), max_size=5),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)
AS_EVER = to_bytes(Explorer(plain(prior="normal")).draw(Sample(3)))[0]
FIELDS = ("first", "from", "to", "way", "plus", "minus", "and", "seed", "label", "codes", "text", "steps", "method",
          "target", "picture", "truncation", "content", "style", "begin", "latent", "pace", "handles", "hold",
          "steps_on", "ranges", "layer", "direction")  # fmt: skip


@settings(max_examples=150)
@given(
    st.sampled_from(CALLS), st.sampled_from(KEYS), st.dictionaries(st.sampled_from(FIELDS), ODD, max_size=len(FIELDS))
)
def test_anything_is_answered_and_changes_nothing(
    client: TestClient, call: str, key: Any, fields: dict[str, Any]
) -> None:
    content = json.dumps({"model": key, **fields})
    found = client.post(f"/lab/explore/{call}", content=content, headers={"content-type": "application/json"})
    assert found.status_code in (200, 404)
    if found.headers["content-type"] == "application/json" and "error" in found.json():
        line = found.json()["error"]
        assert line
        assert "\n" not in line
        assert "Traceback" not in line
    assert np.array_equal(ask(client, "draw", model="scenes", seed=3), AS_EVER)
