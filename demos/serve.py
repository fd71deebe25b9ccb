"""Serving the app: no foreign names, nothing from outside. Who is let in: server_address.py; with what: guard.py.

This file imports neither gradio nor torch, so that the app listens before they are loaded; see opening.py.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import uvicorn
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp

from demos.opening import Opening
from demos.password import PasswordMiddleware
from demos.server_address import ServerAddress, address_of

if TYPE_CHECKING:
    from demos.lab import Lab

STARTING_SECONDS = 30.0


def web_app(lab: Lab, server_address: ServerAddress | None = None) -> ASGIApp:
    """The pages and calls of ``lab`` as a web application that answers to the names of ``server_address`` only."""
    server_address = server_address or ServerAddress()
    return guarded(page_of(lab, server_address), server_address)


def page_of(lab: Lab, server_address: ServerAddress) -> ASGIApp:
    """The same without the names and the password: gradio and torch are loaded here."""
    from fastapi import FastAPI

    from demos.app import build

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    root_path = server_address.root_path or None
    return build(lab).mount(app, "/", server_name=server_address.address, root_path=root_path)


def guarded(app: ASGIApp, server_address: ServerAddress) -> ASGIApp:
    """``app`` for those who know the password, where there is one, under the names of ``server_address``."""
    if server_address.password is not None:
        app = PasswordMiddleware(app, server_address.password)
    return TrustedHostMiddleware(app, allowed_hosts=server_address.hosts)


def serve(make_lab: Callable[[], Lab], server_address: ServerAddress, announce: Callable[[str], None] = print) -> None:
    """Serve until Ctrl-C, then end the lab in order.

    ``announce`` is called with the address once the app listens; ``make_lab`` is called after that.
    """
    opening, lab = Opening(), None
    try:
        with suppress(KeyboardInterrupt), served(guarded(opening, server_address), server_address) as address:
            announce(address)
            lab = make_lab()
            opening.show(page_of(lab, server_address), STARTING_SECONDS)
            threading.Event().wait()
    finally:
        if lab is not None:
            lab.close()


@contextmanager
def serving(lab: Lab, server_address: ServerAddress | None = None) -> Iterator[str]:
    """Serve while the block runs, by default on any free port of loopback; yields the address."""
    server_address = server_address or ServerAddress(port=0)
    with served(web_app(lab, server_address), server_address) as address:
        yield address


@contextmanager
def served(app: ASGIApp, server_address: ServerAddress) -> Iterator[str]:
    """Serve any application while the block runs; yields its address."""
    with server_address.listen() as socket:
        config = uvicorn.Config(
            app,
            log_level="warning",
            timeout_graceful_shutdown=1,
            proxy_headers=server_address.proxy_headers,
            root_path=server_address.root_path,
        )
        server = uvicorn.Server(config)
        # In a thread of its own the server leaves Ctrl-C to the program, which ends it in order.
        thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + STARTING_SECONDS
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the app did not start: see the messages above")
            time.sleep(0.02)
        try:
            yield address_of(socket)
        finally:
            server.should_exit = True
            thread.join(timeout=STARTING_SECONDS)
