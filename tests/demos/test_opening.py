"""While the app opens: its address answers at once, what needs the app waits, and the app starts and ends in order."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from demos.opening import HEALTH, Opening
from demos.serve import guarded, serve, served
from demos.server_address import ServerAddress

BROWSER = {"Accept": "text/html,*/*"}


class Planted:
    """An application that says which path it was asked for, and remembers its own start and end."""

    def __init__(self, fails: bool = False) -> None:
        self.fails, self.lived = fails, list[str]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for _ in range(2):
                kind = (await receive())["type"]
                self.lived.append(kind)
                await send({"type": f"{kind}.{'failed' if self.fails else 'complete'}", "message": "planted"})
                if self.fails:
                    return
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": f"app {scope['path']}".encode()})


def fetched(address: str, **headers: str) -> str:
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=20) as answer:
        return str(answer.read().decode())


def ready(address: str) -> bool:
    return bool(json.loads(fetched(address + HEALTH[1:]))["ready"])


def test_a_browser_is_told_that_it_opens_and_what_needs_the_app_waits_for_it() -> None:
    opening, app = Opening(), Planted()
    with served(opening, ServerAddress(0)) as address, ThreadPoolExecutor() as pool:
        page = fetched(address, **BROWSER)
        assert "The lab opens" in page
        assert HEALTH[1:] in page
        assert not ready(address)
        waiting = [pool.submit(fetched, address + path) for path in ("", "lab/paint/render")]
        time.sleep(0.2)
        assert not any(each.done() for each in waiting)
        opening.show(app, 10)
        assert [each.result(10) for each in waiting] == ["app /", "app /lab/paint/render"]
        assert fetched(address, **BROWSER) == "app /"
        assert ready(address)
        assert app.lived == ["lifespan.startup"]
    assert app.lived == ["lifespan.startup", "lifespan.shutdown"]


def test_an_app_that_does_not_start_is_told() -> None:
    opening = Opening()
    with (
        served(opening, ServerAddress(0)),
        pytest.raises(RuntimeError, match="the app did not start: planted"),
    ):
        opening.show(Planted(fails=True), 10)
    with pytest.raises(RuntimeError, match="a server that runs"):
        Opening().show(Planted(), 1)


def test_password_and_names_come_before_the_page_that_it_opens() -> None:
    where = ServerAddress(0, password="long enough")
    with served(guarded(Opening(), where), where) as address:
        for path, headers, status in (("", BROWSER, 401), (HEALTH[1:], {}, 401), ("", {"Host": "evil.example"}, 400)):
            with pytest.raises(urllib.error.HTTPError) as caught:
                fetched(address + path, **headers)
            assert caught.value.code == status
            caught.value.close()


def test_it_listens_before_the_lab_is_made_and_ends_in_order() -> None:
    """What the lab's making raises ends the program; nothing is left listening."""
    seen: list[str] = []

    def make_lab() -> ASGIApp:
        seen.append(fetched(seen[0], **BROWSER))
        raise OSError("no such runs")

    before = threading.active_count()
    with pytest.raises(OSError, match="no such runs"):
        serve(make_lab, ServerAddress(0), seen.append)  # type: ignore[arg-type]
    assert "The lab opens" in seen[1]
    assert threading.active_count() == before
    with pytest.raises(urllib.error.URLError):
        fetched(seen[0])


def test_listening_loads_neither_gradio_nor_torch() -> None:
    slow = {"torch", "gradio", "pandas", "fastapi"}
    code = f"import sys, demos.__main__, demos.serve; print(sorted({slow} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
