"""The app is whole however it is served: below a path of another application, behind a proxy, and by ``launch``."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from demos.app import build
from demos.lab import Lab
from demos.loops import within_a_loop
from demos.paint.painter import Painter
from demos.serve import served, web_app
from demos.server_address import ServerAddress
from tests.demos.conftest import SERVED, lab_with

pytestmark = SERVED


@contextmanager
def mounted(lab: Lab) -> Iterator[str]:
    """Below /prefix of another application."""
    app = FastAPI()
    build(lab).mount(app, "/prefix")
    with served(app, ServerAddress(0)) as address:
        yield f"{address}prefix/"


@contextmanager
def behind_a_proxy(lab: Lab) -> Iterator[str]:
    """Behind a proxy that shows the app below /prefix, and takes that away before it asks."""
    server_address = ServerAddress(0, root_path="/prefix")
    inner = web_app(lab, server_address)
    with served(_taking_away("/prefix", inner), server_address) as address:
        yield f"{address}prefix/"


@contextmanager
def launched(lab: Lab) -> Iterator[str]:
    """By gradio's own server, as in a notebook."""
    with closing(build(lab)) as blocks:
        port = free_port()
        _, address, _ = within_a_loop(lambda: blocks.launch(prevent_thread_lock=True, quiet=True, server_port=port))
        yield address


WAYS = [mounted, behind_a_proxy, launched]


def free_port() -> int:
    with ServerAddress(0).listen() as socket:
        return int(socket.getsockname()[1])


def _taking_away(prefix: str, app: ASGIApp) -> ASGIApp:
    async def proxy(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            # uvicorn puts its root_path before what it is asked for: by the proxy, without the prefix
            asked = scope["path"].removeprefix(prefix)
            assert asked.startswith(prefix + "/"), asked
            scope = {**scope, "path": asked, "raw_path": asked.encode()}
        await app(scope, receive, send)

    return proxy


@pytest.fixture
def lab(glass: Painter, tmp_path: Path) -> Iterator[Lab]:
    lab = lab_with(glass, tmp_path / "runs")
    yield lab
    lab.close()


def post(address: str, asked: object, **headers: str) -> tuple[int, dict[str, object]]:
    request = urllib.request.Request(
        address, json.dumps(asked).encode(), {"Content-Type": "application/json", **headers}
    )
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_serving_has_all_parts(lab: Lab, way) -> None:  # type: ignore[no-untyped-def]
    with way(lab) as address:
        with urllib.request.urlopen(address) as answer:
            page = answer.read().decode()
        root = re.search(r'"root":"([^"]+)"', page)
        assert root is not None
        assert root[1] == address.rstrip("/")
        assert "paint-room" in page  # the Paint tab's component
        status, told = post(f"{address}lab/paint/model", {"model": "scenes"})
        assert (status, told["model"]) == (200, "scenes")
        assert post(f"{address}lab/explore/open", {"model": "scenes"})[0] == 200
        status, started = post(f"{address}gradio_api/call/scene", {"data": [3]})
        assert status == 200
        with urllib.request.urlopen(f"{address}gradio_api/call/scene/{started['event_id']}") as answer:
            assert answer.read().startswith(b"event: complete")
        for path in ("lab/paint/model", "gradio_api/call/scene"):
            assert post(f"{address}{path}", {"data": [3]}, Origin="http://evil.example")[0] == 403
        assert post(f"{address}gradio_api/upload", {})[0] == 404
        with urllib.request.urlopen(f"{address}theme.css?v=1") as answer:
            assert answer.status == 200
        assert urlsplit(address).hostname == "127.0.0.1"


@contextmanager
def served_alone(lab: Lab) -> Iterator[str]:
    """By the lab's own server."""
    with served(web_app(lab), ServerAddress(0)) as address:
        yield address


@pytest.mark.parametrize("way", [served_alone, launched])
def test_only_the_names_of_this_computer_are_answered_to(lab: Lab, way) -> None:  # type: ignore[no-untyped-def]
    with way(lab) as address:
        port = urlsplit(address).port
        answers = {}
        for host in (f"localhost:{port}", "127.0.0.1", "evil.example", f"127.0.0.1.evil.example:{port}"):
            for path, body in (("", None), ("lab/paint/model", {"model": "scenes"})):
                asked = urllib.request.Request(
                    f"{address}{path}",
                    None if body is None else json.dumps(body).encode(),
                    {"Content-Type": "application/json", "Host": host},
                )
                try:
                    with urllib.request.urlopen(asked) as answer:
                        answers[host, path] = answer.status
                except urllib.error.HTTPError as error:
                    with error:
                        answers[host, path] = error.code
        assert {host for (host, _), status in answers.items() if status == 200} == {f"localhost:{port}", "127.0.0.1"}
        assert {status for (host, _), status in answers.items() if "evil" in host} == {400}


def test_a_launched_page_answers_to_further_names_and_to_that_of_its_space(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPACE_HOST", "somebody-lab.hf.space")
    port = free_port()
    with closing(build(lab)) as blocks:
        within_a_loop(
            lambda: blocks.launch(prevent_thread_lock=True, quiet=True, server_port=port, names=["proxy.example"])
        )
        for host in ("proxy.example", "somebody-lab.hf.space", "abc.gradio.live"):
            asked = urllib.request.Request(f"http://127.0.0.1:{port}/", headers={"Host": host})
            with urllib.request.urlopen(asked) as answer:
                assert answer.status == 200
