"""Evolutions that were recorded and come with the app, so that something evolves as soon as the tab is opened.

``python -m benchmarks.recorded_evolutions`` makes the files.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from fastapi import APIRouter
from markupsafe import Markup
from starlette.responses import Response

from core_gans.foundation.html import filled
from demos.delivery import FOREVER
from demos.evolve.settings import SETTINGS
from demos.json_calls import refusal
from demos.lab import Lab

NAMES = ("ring", "digits")  # of the data; the first is shown first


@dataclass(frozen=True)
class Recording:
    """One file: its content, and what the page says before it has come."""

    name: str
    content: bytes
    digest: str  # of the content, 16 hex digits
    expect: str


@lru_cache(maxsize=1)
def recordings() -> dict[str, Recording]:
    """All of them by name."""
    found = {}
    for name in NAMES:
        content = files("demos.evolve").joinpath("recordings", f"{name}.json").read_bytes()
        digest = hashlib.sha256(content).hexdigest()[:16]
        expect = f"Your own shows something after about {SETTINGS[name].seconds:.0f} s on one core of a quiet computer."
        found[name] = Recording(name, content, digest, expect)
    return found


def player() -> Markup:
    """The place where they are played, as HTML; recorded.js fetches them and plays."""
    return filled("demos.evolve", "recorded.html.j2", recordings=list(recordings().values()))


def routes(lab: Lab) -> APIRouter:
    """Where the page finds them."""
    router = APIRouter(prefix="/lab/evolve")

    def recording(digest: str, name: str) -> Response:
        """A recording; its address holds the hash of its content."""
        found = recordings().get(name)
        if found is None or found.digest != digest:
            return refusal(404, "there is no such recording.")
        return Response(found.content, media_type="application/json", headers={"Cache-Control": FOREVER})

    router.add_api_route("/recorded/{digest}/{name}", recording, methods=["GET"], response_model=None)
    return router
