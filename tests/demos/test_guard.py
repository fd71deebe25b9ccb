"""The guard in front of the real app: what pages elsewhere send, what is too long, and what no tab uses."""

from __future__ import annotations

import json
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from demos.exploring.routes import LONGEST
from demos.guard import LONGEST_CALL, LONGEST_GRADIO, Guard
from demos.lab import Lab
from demos.paint.painter import Painter
from demos.serve import served, web_app
from demos.server_address import ServerAddress
from tests.demos.conftest import SERVED, lab_with

pytestmark = SERVED

BASE = "http://127.0.0.1:7860"
JSON = {"Content-Type": "application/json"}
CALLS = (
    "/gradio_api/call/scene",
    "/gradio_api/queue/join",
    "/gradio_api/run/scene",
    "/lab/paint/model",
    "/lab/explore/model",
)


@pytest.fixture(scope="module")
def lab(glass: Painter, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = lab_with(glass, tmp_path_factory.mktemp("runs"))
    yield lab
    lab.close()


@pytest.fixture(scope="module")
def client(lab: Lab) -> Iterator[TestClient]:
    with TestClient(web_app(lab), base_url=BASE) as found:
        yield found


@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": BASE, "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_what_a_page_elsewhere_sends_is_refused(client: TestClient, path: str, headers: dict[str, str]) -> None:
    found = client.post(path, json={"data": [3]}, headers=headers)
    assert found.status_code == 403
    assert found.json() == {"error": "only pages of this app may ask for this."}


@pytest.mark.parametrize("headers", [{}, {"Origin": BASE, "Sec-Fetch-Site": "same-origin"}])
def test_programs_and_the_own_pages_are_answered(client: TestClient, headers: dict[str, str]) -> None:
    assert "event_id" in client.post("/gradio_api/call/scene", json={"data": [3]}, headers=headers).json()
    assert client.post("/lab/paint/model", json={"model": "scenes"}, headers=headers).status_code == 200


@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize("kind", ["text/plain", "", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_no_parser_sees_another_type(client: TestClient, path: str, kind: str) -> None:
    assert client.post(path, content=b'{"data": [3]}', headers={"Content-Type": kind}).status_code == 415


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/gradio_api/call/scene", LONGEST_GRADIO),
        ("/gradio_api/queue/join", LONGEST_GRADIO),
        ("/lab/paint/model", LONGEST_CALL),
        ("/lab/explore/model", LONGEST_CALL),
        ("/lab/explore/translate", LONGEST["/lab/explore/translate"]),
    ],
)
def test_bytes_are_counted(client: TestClient, path: str, most: int) -> None:
    within = json.dumps({"data": []}).encode().ljust(most)
    assert client.post(path, content=within, headers=JSON).status_code != 413
    for body in (within + b" ", (b" " * 4096 for _ in range(most // 4096 + 1))):  # announced, and in chunks
        found = client.post(path, content=body, headers=JSON)
        assert found.status_code == 413
        assert found.json() == {"error": f"expected at most {most:,} bytes."}


def test_nothing_is_uploaded_to_gradio(client: TestClient) -> None:
    before = set(Path(tempfile.gettempdir()).glob("gradio/**/*"))
    for path in ("/gradio_api/upload", "/gradio_api/upload/", "/gradio_api/upload?upload_id=3", "/upload"):
        found = client.post(path, files={"files": ("a.txt", b"x" * 100)})
        assert found.status_code == 404
        assert tempfile.gettempdir() not in found.text
    assert set(Path(tempfile.gettempdir()).glob("gradio/**/*")) == before


@pytest.mark.parametrize(
    "path", ["/openapi.json", "/docs", "/redoc", "/gradio_api/openapi.json", "/gradio_api/upload_progress"]
)
def test_what_no_tab_uses_is_not_there(client: TestClient, path: str) -> None:
    for each in (path, f"{path}/"):
        assert client.get(each).status_code == 404


@pytest.mark.parametrize(
    "path", ["/", "/gradio_api/process_recording", "/gradio_api/vibe-edit", "/gradio_api/stream/x"]
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_only_known_calls_are_accepted(client: TestClient, path: str, method: str) -> None:
    assert client.request(method, path, json={}).status_code == 404


def test_nobody_opens_a_websocket(client: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect) as caught, client.websocket_connect(f"ws{BASE[4:]}/gradio_api/queue/join"):
        pass
    assert caught.value.code == 1008


def test_a_mounted_app_is_guarded_below_its_path() -> None:
    async def app(scope, receive, send):  # type: ignore[no-untyped-def]
        raise AssertionError("this was to be refused")

    for prefix in ("", "/prefix"):
        client = TestClient(Guard(app), base_url=BASE, root_path=prefix)
        assert client.get(f"{prefix}/docs").status_code == 404
        assert client.post(f"{prefix}/gradio_api/upload", json={}).status_code == 404
        assert client.post(f"{prefix}/lab/paint/model", json={}, headers={"Origin": "null"}).status_code == 403


def test_endless_chunks_are_cut_off(lab: Lab) -> None:
    """Over a true connection, without a Content-Length: the connection ends while more is sent."""
    server_address = ServerAddress(0)
    with served(web_app(lab, server_address), server_address) as address:
        place = urlsplit(address)
        for path, most in (("/gradio_api/call/scene", LONGEST_GRADIO), ("/gradio_api/upload", 0)):
            with socket.create_connection((place.hostname or "", place.port or 0), timeout=20) as connection:
                head = f"POST {path} HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Type: application/json\r\n"
                connection.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
                chunk, sent = b"10000\r\n" + b" " * 65536 + b"\r\n", 0
                try:
                    while sent < most + 2**26:
                        connection.sendall(chunk)
                        sent += 65536
                except OSError:  # cut off
                    pass
                assert sent < most + 2**25
