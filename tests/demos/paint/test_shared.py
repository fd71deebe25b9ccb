"""Sessions from outside: what the lab wrote is read again, what is forged is refused in one line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from demos.paint.painter import Painter
from tests.demos.conftest import lab_with
from tests.demos.paint.test_paint_routes import client_of, send
from tests.demos.paint.test_sketch import STROKE

GIVEN: dict[str, Any] = {"format": 1, "model": "scenes", "layer": None, "seed": 3}
STROKES = [{**STROKE, "by": "agreement"}, {**STROKE, "by": "agreement", "on": False}]


@pytest.fixture(scope="module")
def client(glass: Painter, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    yield from client_of(lab_with(glass, tmp_path_factory.mktemp("runs")))


def test_a_session_comes_back_as_it_was_read_and_with_its_layer(client: TestClient, tmp_path: Path) -> None:
    given = {**GIVEN, "strokes": STROKES, "names": ["a name", None]}
    read = send(client, "session", given).json()
    assert read["layer"] == "stem.glass"
    assert (read["seed"], read["names"]) == (3, ["a name", None])
    assert [stroke["on"] for stroke in read["strokes"]] == [True, False]
    assert send(client, "session", read).json() == read


@pytest.mark.parametrize(
    ("forged", "told"),
    [
        ({"format": 2}, "session of format 1"),
        ({"format": None}, "session of format 1"),
        ({"model": "<img src=x onerror=alert(1)>"}, "no model is called"),
        ({"model": "../../etc/passwd"}, "no model is called"),
        ({"layer": "nowhere"}, "nowhere"),
        ({"seed": None}, "whole scene number"),
        ({"seed": "3"}, "whole scene number"),
        ({"picture": "0" * 64}, "not handed on"),
        ({"strokes": [{**STROKE, "concept": "<b>tree</b>"}], "names": [None]}, "concept"),
        ({"strokes": [{**STROKE, "strength": "<script>"}], "names": [None]}, "strength"),
        ({"strokes": STROKES}, "a name or null for each of 2"),
        ({"strokes": STROKES, "names": ["x" * 61, None]}, "at most 60 characters"),
        ({"strokes": STROKES, "names": [{"toString": "x"}, None]}, "at most 60 characters"),
        ({"strokes": "all"}, "strokes"),
        ({"script": "alert(1)"}, "no value called 'script'"),
    ],
)
def test_what_is_forged_is_refused_in_one_line(client: TestClient, forged: dict[str, Any], told: str) -> None:
    reply = send(client, "session", {**GIVEN, **forged})
    assert reply.status_code == 200
    assert set(reply.json()) == {"error"}
    assert told in reply.json()["error"]
    assert "\n" not in reply.json()["error"]


@pytest.mark.parametrize("given", [[], None, "text", 7])
def test_what_is_no_object_is_refused(client: TestClient, given: Any) -> None:
    assert send(client, "session", given).status_code == 400
