"""The password of an app that other computers can reach, and how often it may be guessed.

Stands before everything: pages, calls, files. The cookie that lets in is a random word, remembered here and gone with
the program. Who guesses has to wait; the guesses of others slow a login down, and never shut the one out who knows.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from threading import Lock
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from core_gans.foundation.html import filled
from demos.guard import LONGEST_FORM, body_of, path_in, require_own_page
from demos.json_calls import CallError

COOKIE = "gan-lab"
LOGIN = "/login"
LEAST = 8  # characters of a password
TRIES = 5  # wrong passwords from one address until it has to wait
ALL_TRIES = 50  # and from all addresses together, until every login takes longer
PAUSE = 300.0  # seconds that a wrong password is held against its address
SLOW = 2.0  # seconds that a login then takes
MOST_ADDRESSES = 4096
MOST_GUESTS = 1024


class PasswordMiddleware:
    """Middleware: without the cookie there is the login page, and nothing else."""

    def __init__(
        self,
        app: ASGIApp,
        password: str,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        require_password(password)
        self.app, self.password, self.clock, self.sleep = app, password, clock, sleep
        self._guests: OrderedDict[str, None] = OrderedDict()
        self._wrong: OrderedDict[str, list[float]] = OrderedDict()
        self._lock = Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
        elif Request(scope).cookies.get(COOKIE, "") in self._guests:
            await self.app(scope, receive, send)
        else:
            answer = await self._turn_away(Request(scope, receive))
            await answer(scope, receive, send)

    async def _turn_away(self, request: Request) -> Response:
        home = request.scope.get("root_path", "")
        if path_in(request.scope) != LOGIN:
            if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
                return _page(home, "", 401)
            return PlainTextResponse("a password is needed: open the app in a browser first", 401)
        if request.method != "POST":
            return _page(home, "", 200)
        address = request.client.host if request.client else ""
        try:
            require_own_page(request.headers)
        except CallError as error:
            return PlainTextResponse(str(error), error.status)
        tries, together = self._counted(address)
        if tries >= TRIES:
            return _page(home, "Too many wrong passwords. Wait five minutes.", 429)
        if together >= ALL_TRIES:
            await self.sleep(SLOW)
        given = await _password_in(request)
        if not hmac.compare_digest(given.encode(), self.password.encode()):
            self._remember(address)
            return _page(home, "That was not the password.", 403)
        word = secrets.token_urlsafe(32)
        with self._lock:
            self._guests[word] = None
            while len(self._guests) > MOST_GUESTS:
                self._guests.popitem(last=False)
        answer = RedirectResponse(f"{home}/", 303)
        secure = request.scope["scheme"] == "https"  # that of the browser, where a proxy is believed
        answer.set_cookie(COOKIE, word, path=f"{home}/", secure=secure, httponly=True, samesite="strict")
        return answer

    def _counted(self, address: str) -> tuple[int, int]:
        """How many wrong passwords came lately from ``address``, and from all addresses."""
        since = self.clock() - PAUSE
        with self._lock:
            for each in list(self._wrong):
                self._wrong[each] = [when for when in self._wrong[each] if when > since]
                if not self._wrong[each]:
                    del self._wrong[each]
            return len(self._wrong.get(address, ())), sum(map(len, self._wrong.values()))

    def _remember(self, address: str) -> None:
        with self._lock:
            self._wrong.setdefault(address, []).append(self.clock())
            while len(self._wrong) > MOST_ADDRESSES:
                self._wrong.popitem(last=False)


def require_password(password: str) -> None:
    """ValueError for a password that is easily guessed."""
    if len(password) < LEAST:
        raise ValueError(f"expected a password of at least {LEAST} characters, got {len(password)}.")


def _page(home: str, said: str, status: int) -> Response:
    return HTMLResponse(filled("demos", "password.html.j2", action=f"{home}{LOGIN}", said=said), status)


async def _password_in(request: Request) -> str:
    """The password of a posted form; nothing where the form is too long or none."""
    try:
        body = await body_of(request, LONGEST_FORM)
    except CallError:
        return ""
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    return fields.get("password", [""])[0]
