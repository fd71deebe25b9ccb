"""The password: who has it comes in, who guesses has to wait, and nothing else is said to strangers."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from demos.password import ALL_TRIES, COOKIE, PAUSE, TRIES, PasswordMiddleware
from demos.server_address import ServerAddress, read_password

PASSWORD = "correct horse"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def visitor(
    clock: Clock | None = None, address: str = "10.0.0.1", middleware: PasswordMiddleware | None = None
) -> TestClient:
    async def secret(request: Request) -> Response:
        return PlainTextResponse("the lab")

    middleware = middleware or PasswordMiddleware(
        Starlette(routes=[Route("/", secret), Route("/data", secret)]), PASSWORD, clock or Clock()
    )
    return TestClient(middleware, client=(address, 1), follow_redirects=False)


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


def test_many_addresses_together_are_limited_too() -> None:
    middleware = visitor().app
    for number in range(ALL_TRIES):
        guesser = visitor(address=f"10.0.1.{number}", middleware=middleware)  # type: ignore[arg-type]
        assert guesser.post("/login", data={"password": "wrong guess"}).status_code == 403
    last = visitor(address="10.0.2.1", middleware=middleware)  # type: ignore[arg-type]
    assert last.post("/login", data={"password": PASSWORD}).status_code == 429


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
