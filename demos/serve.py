"""Serving the app: no foreign names, no oversized pictures, nothing from outside. Who is let in: server_address.py."""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import gradio as gr
import uvicorn
from fastapi import FastAPI
from PIL import Image, PngImagePlugin
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp

from demos.app import TABS, build
from demos.lab import Lab
from demos.loops import within_a_loop
from demos.password import PasswordMiddleware
from demos.server_address import ServerAddress, address_of
from demos.theme import look

LARGEST_PICTURE = 4096 * 4096  # pixels; Pillow would unpack a small file into gigabytes
LARGEST_TEXT = 2**20  # bytes of the notes in a picture, which may be packed as tightly
LARGEST_UPLOAD = "4mb"
STARTING_SECONDS = 30.0


def web_app(lab: Lab, server_address: ServerAddress | None = None) -> ASGIApp:
    """The pages and calls of ``lab`` as a web application that answers to the names of ``server_address`` only."""
    server_address = server_address or ServerAddress()
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    for tab in TABS.values():
        if tab.routes is not None:
            app.include_router(tab.routes(lab))
    blocks = build(lab)
    app = within_a_loop(
        lambda: gr.mount_gradio_app(
            app,
            blocks,
            path="/",
            server_name=server_address.address,
            show_error=False,
            max_file_size=LARGEST_UPLOAD,
            ssr_mode=False,
            **look(sorted(tab.css for tab in TABS.values() if tab.css is not None)),
        )
    )
    guarded: ASGIApp = app if server_address.password is None else PasswordMiddleware(app, server_address.password)
    return TrustedHostMiddleware(guarded, allowed_hosts=server_address.hosts)


def refuse_large_pictures() -> None:
    """Make Pillow raise for pictures above ``LARGEST_PICTURE`` pixels, where it would only warn, and for long notes."""
    Image.MAX_IMAGE_PIXELS = LARGEST_PICTURE
    PngImagePlugin.MAX_TEXT_MEMORY = LARGEST_TEXT
    warnings.simplefilter("error", Image.DecompressionBombWarning)


def serve(lab: Lab, server_address: ServerAddress, announce: Callable[[str], None] = print) -> None:
    """Serve until Ctrl-C. ``announce`` is told the address once the app listens."""
    with suppress(KeyboardInterrupt), serving(lab, server_address) as address:
        announce(address)
        threading.Event().wait()


@contextmanager
def serving(lab: Lab, server_address: ServerAddress | None = None) -> Iterator[str]:
    """Serve while the block runs, by default on any free port of loopback; yields the address."""
    refuse_large_pictures()
    server_address = server_address or ServerAddress(port=0)
    with server_address.listen() as socket:
        config = uvicorn.Config(web_app(lab, server_address), log_level="warning", timeout_graceful_shutdown=1)
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
