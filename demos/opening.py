"""The app while it opens: its address answers at once, and what needs the app waits for it.

Torch, gradio and the page take most of the seconds of a start. Until they are there, a browser gets a small page that
says so and opens the app by itself; every other request is answered by the app as soon as that can.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core_gans.foundation.html import filled
from demos.guard import path_in
from demos.json_calls import answer

HEALTH = "/lab/health"  # answers {"ready": whether the app is there}, at any time


class Opening:
    """An application that stands for another one, which comes later by ``show``."""

    def __init__(self) -> None:
        self._app: ASGIApp | None = None
        self._came = asyncio.Event()  # the app, whose own start is still to be awaited
        self._started: Future[None] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None

    def show(self, app: ASGIApp, seconds: float) -> None:
        """Let ``app`` answer from now on; any thread may call this once the server runs.

        RuntimeError when it did not start; TimeoutError when that takes longer than ``seconds``.
        """
        if self._loop is None:
            raise RuntimeError("expected a server that runs, before an application is shown on it.")
        self._app = app
        self._loop.call_soon_threadsafe(self._came.set)
        self._started.result(seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
            return
        ready = self._started.done()
        if scope["type"] == "http" and path_in(scope) == HEALTH:
            await answer({"ready": ready})(scope, receive, send)
        elif not ready and _by_a_browser(scope):
            page = HTMLResponse(filled("demos", "opening.html.j2"), headers={"Cache-Control": "no-store"})
            await page(scope, receive, send)
        else:
            await asyncio.shield(asyncio.wrap_future(self._started))  # who gives up leaves the others waiting
            assert self._app is not None
            await self._app(scope, receive, send)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Start at once; the app starts when it comes, and ends with the server."""
        self._loop = asyncio.get_running_loop()
        begin = await receive()
        await send({"type": "lifespan.startup.complete"})
        end, came = asyncio.ensure_future(receive()), asyncio.ensure_future(self._came.wait())
        await asyncio.wait((end, came), return_when=asyncio.FIRST_COMPLETED)
        if self._app is None:
            came.cancel()
            self._started.cancel()
            await send({"type": "lifespan.shutdown.complete"})
            return
        messages = [begin]

        async def told() -> Message:
            return messages.pop() if messages else await end

        async def said(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                self._started.set_result(None)
            elif message["type"] == "lifespan.startup.failed":
                self._started.set_exception(RuntimeError(f"the app did not start: {message.get('message', '')}"))
            else:
                await send(message)

        await self._app(scope, told, said)


def _by_a_browser(scope: Scope) -> bool:
    """Whether somebody looks at the page: what asks otherwise waits for the true answer."""
    asks = scope["type"] == "http" and scope["method"] == "GET" and path_in(scope) in ("", "/")
    return asks and "text/html" in Headers(scope=scope).get("accept", "")
