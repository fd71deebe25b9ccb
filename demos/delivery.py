"""How answers travel: text is compressed, what has a hash in its name is kept, and the page says something at once."""

from __future__ import annotations

import re
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demos.guard import path_in

FOREVER = "public, max-age=31536000, immutable"
# Of gradio's own files: index-DphvyggB.js. The theme's sheet has its hash behind "?v=".
HASHED = re.compile(r"/(?:assets|static)/(?:.*/)?[^/]+-[A-Za-z0-9_-]{8,}\.\w+")
LEAST = 1000  # bytes that are worth the work
PLACE = b"<gradio-app"  # what gradio's script fills
WORDS = Path(__file__).with_name("first_words.html").read_bytes()
LEVEL = 5  # beyond, a page of 350 kB costs three times as long for a fiftieth less


class KeptByHash:
    """Middleware: gradio's own files whose names hold a hash are not asked for again."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                MutableHeaders(scope=message)["Cache-Control"] = FOREVER
            await send(message)

        kept = scope["type"] == "http" and _named_by_hash(scope)
        await self.app(scope, receive, marked if kept else send)


class FirstWords:
    """Middleware: the page has words of its own, which are seen before gradio's script has built the rest."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or path_in(scope) not in ("", "/"):
            await self.app(scope, receive, send)
            return
        begin: Message = {}
        body = b""

        async def with_words(message: Message) -> None:
            nonlocal begin, body
            if message["type"] == "http.response.start":
                begin = message
                return
            if message["type"] != "http.response.body":  # to a client in this process, the template's name
                await send(message)
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            body = body.replace(PLACE, WORDS + PLACE, 1)
            MutableHeaders(scope=begin)["Content-Length"] = str(len(body))
            await send(begin)
            await send({"type": "http.response.body", "body": body})

        await self.app(scope, receive, with_words)


def _named_by_hash(scope: Scope) -> bool:
    path = path_in(scope)
    by_query = path == "/theme.css" and scope.get("query_string", b"").startswith(b"v=")
    return by_query or HASHED.fullmatch(path) is not None


DELIVERY = (
    Middleware(KeptByHash),
    Middleware(GZipMiddleware, minimum_size=LEAST, compresslevel=LEVEL),
    Middleware(FirstWords),
)
