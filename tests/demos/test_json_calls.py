"""JSON calls behind the guard: only the app's own pages are answered, and every mistake with one line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from core_gans.foundation.errors import LabError
from demos.guard import LONGEST_CALL, Guard
from demos.job_queue import BusyError, Work
from demos.json_calls import LONGEST_LINE, answered

JSON = {"content-type": "application/json"}


def make(asked: dict[str, Any]) -> Any:
    """Gives back what it is sent, but for what it is asked to do."""
    match asked.get("do"):
        case "mistake":
            raise LabError("expected this,\n got that: do so.")
        case "long":
            raise ValueError("x" * 10_000)
        case "odd":
            raise ValueError(f"no {asked['word']}")
        case "busy":
            raise BusyError("too many")
        case "picture":
            return Response(b"png", media_type="image/png")
    return asked


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    app, work = FastAPI(), Work(at_once=1)

    @app.post("/lab/call")
    async def call(request: Request) -> Response:
        return await answered(request, work, make)

    yield TestClient(Guard(app), base_url="http://127.0.0.1:7860")
    work.close()


def test_an_object_comes_and_an_object_goes(client: TestClient) -> None:
    sent = {"seed": 3, "strokes": [0.5, None, "é"]}
    found = client.post("/lab/call", json=sent)
    assert (found.status_code, found.json()) == (200, sent)
    assert found.headers["cache-control"] == "no-store"


def test_an_answer_may_be_of_another_kind(client: TestClient) -> None:
    found = client.post("/lab/call", json={"do": "picture"})
    assert (found.content, found.headers["content-type"]) == (b"png", "image/png")


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://127.0.0.1:7860", 200),
        ("https://127.0.0.1:7860", 200),
        (None, 200),
        ("http://evil.example", 403),
        ("http://127.0.0.1:7861", 403),
        ("http://127.0.0.1:7860.evil.example", 403),
        ("null", 403),
        ("", 403),
        ("http://[", 403),
    ],
)
def test_pages_elsewhere_are_refused(client: TestClient, origin: str | None, status: int) -> None:
    headers = {} if origin is None else {"origin": origin}
    assert client.post("/lab/call", json={}, headers=headers).status_code == status


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "json"])
def test_what_a_form_elsewhere_could_send_is_refused(client: TestClient, kind: str) -> None:
    found = client.post("/lab/call", content=b"{}", headers={"content-type": kind})
    assert found.status_code == 415
    assert "application/json" in found.json()["error"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"3", b'"{}"', b"\xff\xfe", b'{"x": NaN}', b'{"x": [-Infinity]}', b"[" * 200_000,
     b'{"x": ' + b"9" * 5000 + b"}", b"\x00"],
)  # fmt: skip
def test_what_is_no_object_is_refused(client: TestClient, body: bytes) -> None:
    found = client.post("/lab/call", content=body, headers=JSON)
    assert found.status_code == 400
    assert "JSON object" in found.json()["error"]


def test_a_long_request_is_refused_while_it_comes(client: TestClient) -> None:
    assert (
        client.post("/lab/call", content=json.dumps({"x": "y" * (LONGEST_CALL - 9)}), headers=JSON).status_code == 200
    )
    assert client.post("/lab/call", content=json.dumps({"x": "y" * LONGEST_CALL}), headers=JSON).status_code == 413
    endless = (b" " * 4096 for _ in range(10_000))
    assert client.post("/lab/call", content=endless, headers=JSON).status_code == 413


def test_a_mistake_is_one_line(client: TestClient) -> None:
    found = client.post("/lab/call", json={"do": "mistake"})
    assert (found.status_code, found.json()) == (200, {"error": "expected this, got that: do so."})
    assert len(client.post("/lab/call", json={"do": "long"}).json()["error"]) == LONGEST_LINE
    assert client.post("/lab/call", json={"do": "busy"}).status_code == 503


def test_half_a_letter_is_told_of_as_well(client: TestClient) -> None:
    found = client.post("/lab/call", content=b'{"do": "odd", "word": "\\ud800"}', headers=JSON)
    assert found.status_code == 200
    assert found.json()["error"].startswith("no ")


@given(st.binary(max_size=200))
def test_any_bytes_are_answered(client: TestClient, body: bytes) -> None:
    found = client.post("/lab/call", content=body, headers=JSON)
    assert found.status_code in (200, 400)
    assert isinstance(found.json(), dict)
