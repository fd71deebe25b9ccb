"""The guard around the whole app, gradio's own routes included: who may ask for what, and with how many bytes.

What changes something (any method but GET, HEAD and OPTIONS) is asked for by pages of this app and by programs, never
by a page elsewhere: the browser gives that away by ``Origin`` and ``Sec-Fetch-Site``. Its body is counted while it
comes, and is handed on only when all of it has come: no parser sees one that is too long or of another type.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demos.json_calls import CallError, refusal

SAFE = ("GET", "HEAD", "OPTIONS")
LONGEST_CALL = 256 * 1024  # bytes of what a tab's own script asks
LONGEST_GRADIO = 2**20  # bytes of what gradio's script, or a program, asks
LONGEST_FORM = 4096  # bytes of a login
JSON = ("application/json",)
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
# What gradio offers beyond this and no tab uses answers 404, its uploads above all: they fill the disk.
UNUSED = ("/gradio_api/upload_progress", "/gradio_api/openapi.json", "/openapi.json", "/docs", "/redoc")


@dataclass(frozen=True)
class Accepted:
    """What is accepted at addresses that begin with ``path``: ``types`` of content, and at most ``longest`` bytes."""

    path: str
    longest: int
    types: Sequence[str] = JSON


ACCEPTED = (
    Accepted("/lab/", LONGEST_CALL),
    Accepted("/gradio_api/queue/join", LONGEST_GRADIO),
    *(Accepted(f"/gradio_api/{name}/", LONGEST_GRADIO) for name in ("call", "run", "api")),
    *(Accepted(f"/gradio_api/{name}", LONGEST_FORM) for name in ("cancel", "reset")),
    Accepted("/login", LONGEST_FORM, FORMS),  # where gradio asks for a name and a password
)


class Guard:
    """Middleware; ``longest`` names single addresses, from the app's root, at which more bytes may come."""

    def __init__(self, app: ASGIApp, longest: Mapping[str, int] | None = None) -> None:
        self.app = app
        self.accepted = (*(Accepted(path, most) for path, most in (longest or {}).items()), *ACCEPTED)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":  # nothing here uses one, and browsers let any page open them
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] == "http":
            try:
                receive = await self._judged(scope, receive)
            except CallError as error:
                answer = refusal(error.status, str(error))
                answer.headers["Connection"] = "close"  # what still comes is not read
                await answer(scope, receive, send)
                return
        await self.app(scope, receive, send)

    async def _judged(self, scope: Scope, receive: Receive) -> Receive:
        """Where the app receives a request that is accepted. CallError with 403, 404, 413 or 415 for any other."""
        path = path_in(scope)
        if scope["method"] in SAFE:
            if path.rstrip("/") in UNUSED:
                raise CallError(404, "there is nothing here.")
            return receive
        require_own_page(Headers(scope=scope))
        accepted = next((each for each in self.accepted if path.startswith(each.path)), None)
        if accepted is None:
            raise CallError(404, "there is no such call.")
        kind = Headers(scope=scope).get("content-type", "").partition(";")[0].strip().lower()
        if kind not in accepted.types:
            raise CallError(415, f"expected a request of type {' or '.join(accepted.types)}.")
        return _replayed(await body_of(Request(scope, receive), accepted.longest), receive)


def path_in(scope: Scope) -> str:
    """The path of a request below the place where the app is mounted."""
    path, root = str(scope["path"]), str(scope.get("root_path", "")).rstrip("/")
    return path.removeprefix(root) if path.startswith(f"{root}/") else path


def require_own_page(headers: Headers) -> None:
    """CallError with 403 where a page of another origin asks. Programs, which send neither header, may ask."""
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    foreign = origin is not None and origin.partition("://")[2] != headers.get("host")
    if foreign or site not in (None, "same-origin"):
        raise CallError(403, "only pages of this app may ask for this.")


async def body_of(request: Request, longest: int) -> bytes:
    """All that ``request`` brings. CallError with 413 as soon as that is more than ``longest`` bytes."""
    too_long = CallError(413, f"expected at most {longest:,} bytes.")
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > longest:
        raise too_long
    parts, count = [], 0
    try:
        async for part in request.stream():
            count += len(part)
            if count > longest:
                raise too_long
            parts.append(part)
    except ClientDisconnect as error:
        raise CallError(400, "the request broke off.") from error
    return b"".join(parts)


def _replayed(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay
