"""Serving the app: no foreign names, nothing from outside. Who is let in: server_address.py; with what: guard.py."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import uvicorn
from fastapi import FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp

from demos.app import build
from demos.lab import Lab
from demos.password import PasswordMiddleware
from demos.server_address import ServerAddress, address_of

STARTING_SECONDS = 30.0


def web_app(lab: Lab, server_address: ServerAddress | None = None) -> ASGIApp:
    """The pages and calls of ``lab`` as a web application that answers to the names of ``server_address`` only."""
    server_address = server_address or ServerAddress()
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    root_path = server_address.root_path or None
    guarded: ASGIApp = build(lab).mount(app, "/", server_name=server_address.address, root_path=root_path)
    if server_address.password is not None:
        guarded = PasswordMiddleware(guarded, server_address.password)
    return TrustedHostMiddleware(guarded, allowed_hosts=server_address.hosts)


def serve(lab: Lab, server_address: ServerAddress, announce: Callable[[str], None] = print) -> None:
    """Serve until Ctrl-C. ``announce`` is called with the address once the app listens."""
    with suppress(KeyboardInterrupt), serving(lab, server_address) as address:
        announce(address)
        threading.Event().wait()


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
