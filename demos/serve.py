"""Serving the app on this computer alone: loopback only, no foreign names, no oversized pictures, nothing from outside.

Beside listening on loopback, requests must name this computer as their host: a page elsewhere whose name is made to
point here (DNS rebinding) is refused.
"""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import gradio as gr
import uvicorn
from fastapi import FastAPI
from PIL import Image
from starlette.middleware.trustedhost import TrustedHostMiddleware

from demos.door import ADDRESS, PORT, address_of, listen
from demos.look import look
from demos.loops import within_a_loop

LARGEST_PICTURE = 4096 * 4096  # pixels; Pillow would unpack a small file into gigabytes
LARGEST_UPLOAD = "2mb"  # the app itself asks for no files
STARTING_SECONDS = 30.0


def web_app(blocks: gr.Blocks) -> FastAPI:
    """``blocks`` as a web application that answers only to this computer's own names."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[ADDRESS, "localhost"])
    return within_a_loop(
        lambda: gr.mount_gradio_app(
            app,
            blocks,
            path="/",
            server_name=ADDRESS,
            show_error=False,
            max_file_size=LARGEST_UPLOAD,
            ssr_mode=False,
            **look(),
        )
    )


def refuse_large_pictures() -> None:
    """Make Pillow raise for pictures above ``LARGEST_PICTURE`` pixels, where it would only warn."""
    Image.MAX_IMAGE_PIXELS = LARGEST_PICTURE
    warnings.simplefilter("error", Image.DecompressionBombWarning)


def serve(blocks: gr.Blocks, port: int = PORT, announce: Callable[[str], None] = print) -> None:
    """Serve until Ctrl-C. ``announce`` is told the address once the door is open."""
    with suppress(KeyboardInterrupt), serving(blocks, port) as address:
        announce(address)
        threading.Event().wait()


@contextmanager
def serving(blocks: gr.Blocks, port: int = 0) -> Iterator[str]:
    """Serve while the block runs, on ``port`` or any free one; yields the address."""
    refuse_large_pictures()
    with listen(port) as door:
        config = uvicorn.Config(web_app(blocks), log_level="warning", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        # In a thread of its own the server leaves Ctrl-C to the program, which ends it in order.
        thread = threading.Thread(target=server.run, kwargs={"sockets": [door]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + STARTING_SECONDS
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the app did not start: see the messages above")
            time.sleep(0.02)
        try:
            yield address_of(door)
        finally:
            server.should_exit = True
            thread.join(timeout=STARTING_SECONDS)
