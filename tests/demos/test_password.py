"""The password: who has it comes in, who guesses has to wait, and nothing else is said to strangers."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from demos.lab import Lab
from demos.password import ALL_TRIES, COOKIE, PAUSE, SLOW, TRIES, PasswordMiddleware
from demos.serve import served, web_app
from demos.server_address import ServerAddress, read_password
from tests.demos.conftest import SERVED

pytestmark = SERVED

PASSWORD = "correct horse"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Sleep:
    """Counts the seconds that it was asked to sleep."""

    seconds = 0.0

    async def __call__(self, seconds: float) -> None:
        self.seconds += seconds


def visitor(
    clock: Clock | None = None,
    address: str = "10.0.0.1",
    middleware: PasswordMiddleware | None = None,
    sleep: Sleep | None = None,
    **more: Any,
) -> TestClient:
    async def secret(request: Request) -> Response:
        return PlainTextResponse("the lab")

    middleware = middleware or PasswordMiddleware(
        Starlette(routes=[Route("/", secret), Route("/data", secret)]), PASSWORD, clock or Clock(), sleep or Sleep()
    )
    return TestClient(middleware, client=(address, 1), follow_redirects=False, **more)


def test_without_the_password_there_is_only_the_question() -> None:
    one = visitor()
    page = one.get("/", headers={"Accept": "text/html"})
    assert page.status_code == 401
    assert 'type="password"' in page.text
    assert "the lab" not in page.text
    for answer in (one.get("/data"), one.post("/data"), one.get("/", headers={"Cookie": f"{COOKIE}=made up"})):
        assert answer.status_code == 401
        assert "the lab" not in answer.text


def test_the_password_opens_for_the_one_who_knows_it_and_no_other() -> None:
    one = visitor()
    answer = one.post("/login", data={"password": PASSWORD})
    assert answer.status_code == 303
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "SameSite=strict" in answer.headers["set-cookie"]
    assert one.get("/").text == "the lab"
    other = visitor(middleware=one.app)  # type: ignore[arg-type]  # TestClient keeps the application it was given
    assert other.get("/").status_code == 401


def test_guessing_is_limited_until_the_pause_is_over() -> None:
    clock = Clock()
    one = visitor(clock)
    for _ in range(TRIES):
        assert one.post("/login", data={"password": "wrong guess"}).status_code == 403
    assert one.post("/login", data={"password": PASSWORD}).status_code == 429  # even the right one
    neighbour = visitor(address="10.0.0.2", middleware=one.app)  # type: ignore[arg-type]
    assert neighbour.post("/login", data={"password": PASSWORD}).status_code == 303
    clock.now += PAUSE + 1
    assert one.post("/login", data={"password": PASSWORD}).status_code == 303


def test_many_guesses_from_everywhere_slow_the_owner_down_and_do_not_lock_him_out() -> None:
    sleep = Sleep()
    middleware = visitor(sleep=sleep).app
    inside = visitor(address="10.0.3.1", middleware=middleware)  # type: ignore[arg-type]
    inside.post("/login", data={"password": PASSWORD})
    for number in range(ALL_TRIES):
        guesser = visitor(address=f"10.0.1.{number}", middleware=middleware)  # type: ignore[arg-type]
        assert guesser.post("/login", data={"password": "wrong guess"}).status_code == 403
    assert sleep.seconds == 0
    last = visitor(address="10.0.2.1", middleware=middleware)  # type: ignore[arg-type]
    assert last.post("/login", data={"password": PASSWORD}).status_code == 303
    assert sleep.seconds == SLOW
    assert inside.get("/").text == last.get("/").text == "the lab"


def test_who_is_in_stays_in_while_others_guess_from_the_same_address() -> None:
    inside = visitor()
    inside.post("/login", data={"password": PASSWORD})
    neighbour = visitor(middleware=inside.app)  # type: ignore[arg-type]
    for _ in range(TRIES + 1):
        neighbour.post("/login", data={"password": "wrong guess"})
    assert neighbour.post("/login", data={"password": PASSWORD}).status_code == 429
    assert inside.get("/data").text == "the lab"


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_a_login_from_a_page_elsewhere_is_refused(headers: dict[str, str]) -> None:
    one = visitor()
    answer = one.post("/login", data={"password": PASSWORD}, headers=headers)
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)
    own = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
    assert one.post("/login", data={"password": PASSWORD}, headers=own).status_code == 303


def test_the_cookie_is_secure_behind_https() -> None:
    for scheme, secure in (("http", False), ("https", True)):
        answer = visitor(base_url=f"{scheme}://testserver").post("/login", data={"password": PASSWORD})
        assert ("Secure" in answer.headers["set-cookie"]) == secure


def test_below_a_path_of_a_proxy_the_login_stays_there() -> None:
    one = visitor(root_path="/prefix")
    assert 'action="/prefix/login"' in one.get("/prefix/", headers={"Accept": "text/html"}).text
    answer = one.post("/prefix/login", data={"password": PASSWORD})
    assert answer.headers["location"] == "/prefix/"
    assert "Path=/prefix/" in answer.headers["set-cookie"]


@pytest.mark.parametrize("believed", [False, True])
def test_a_proxy_is_believed_only_where_that_was_asked_for(tmp_path: Path, believed: bool) -> None:
    """Over a true connection: who makes up addresses is still counted as one; https is what the proxy says it is."""
    lab = Lab.at(tmp_path / "runs")
    server_address = ServerAddress(0, password=PASSWORD, proxy_headers=believed)
    with closing(lab), served(web_app(lab, server_address), server_address) as address:

        def login(password: str, number: int) -> httpx.Response:
            headers = {"X-Forwarded-For": f"10.0.0.{number}", "X-Forwarded-Proto": "https"}
            return httpx.post(f"{address}login", data={"password": password}, headers=headers)

        assert ("Secure" in login(PASSWORD, 200).headers["set-cookie"]) == believed
        found = [login("wrong guess", number).status_code for number in range(TRIES + 1)]
        assert found == [403] * TRIES + [403 if believed else 429]


@pytest.mark.parametrize("body", [b"", b"password", b"\xff\xfe", b"password=" + b"x" * 10_000, b"a=1&" * 100])
def test_a_broken_form_is_a_wrong_password(body: bytes) -> None:
    answer = visitor().post("/login", content=body, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 403


def test_other_computers_come_in_by_a_password_only(tmp_path: Path) -> None:
    for address in ("0.0.0.0", "192.168.1.7", "::"):
        with pytest.raises(ValueError, match="password"):
            ServerAddress(0, address)
    with pytest.raises(ValueError, match="8 characters"):
        ServerAddress(0, "0.0.0.0", "short")
    assert "evil.example" not in ServerAddress(0, "0.0.0.0", PASSWORD).hosts
    assert "my-laptop" in ServerAddress(0, "0.0.0.0", PASSWORD, ("my-laptop",)).hosts
    (tmp_path / "word").write_text(f"{PASSWORD}\nsecond line\n")
    assert read_password(tmp_path / "word") == PASSWORD
    (tmp_path / "empty").write_text("")
    for path in (tmp_path / "empty", tmp_path / "nowhere"):
        with pytest.raises(ValueError, match="first line"):
            read_password(path)
